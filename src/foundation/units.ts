export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

const SIZE_UNITS: Readonly<Record<string, number>> = { "": 1, B: 1, K: KIB, M: MIB, G: GIB, T: 1024 * GIB };
const TIME_UNITS: Readonly<Record<string, number>> = { ms: 1, "": 1000, s: 1000, m: 60_000, h: 3_600_000 };

/** `512M`, `2G`, `1.5GiB`, `4096` → bytes; undefined where it is not a size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([BKMGT]?)(?:i?B)?$/i.exec(text.trim());
  const factor = SIZE_UNITS[(match?.[2] ?? "?").toUpperCase()];
  return match === null || factor === undefined ? undefined : Math.round(Number(match[1]) * factor);
}

/** `30s`, `10m`, `2h`, `250ms`, `90` (seconds) → milliseconds; undefined where it is not a time. */
export function parseTime(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|)$/.exec(text.trim());
  const factor = TIME_UNITS[match?.[2] ?? "?"];
  return match === null || factor === undefined ? undefined : Math.round(Number(match[1]) * factor);
}

export function formatSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1)} ${units[unit] ?? ""}`;
}

export function formatTime(ms: number): string {
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
