import type { KernelMap } from "./kernel-map.ts";

const LARGEST_SECTION = 2 ** 20;

/** A section of a module. It does not tell how long it is: to the next known one, or to the module's end; what is no entry leads nowhere. */
export function moduleSection(
  { from, size, sections }: KernelMap["modules"][number],
  name: string,
): { from: bigint; length: number } | undefined {
  const hex = sections[name];
  if (hex === undefined) return undefined;
  const start = BigInt(`0x${hex}`);
  const end = BigInt(`0x${from}`) + BigInt(size);
  const later = Object.values(sections)
    .map((each) => BigInt(`0x${each}`))
    .filter((each) => each > start);
  const next = later.reduce((least, each) => (each < least ? each : least), end);
  return { from: start, length: Math.max(0, Math.min(LARGEST_SECTION, Number(next - start))) };
}
