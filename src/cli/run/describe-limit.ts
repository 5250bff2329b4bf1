import type { LimitName } from "../../contract/index.ts";
import { formatSize } from "../../foundation/index.ts";

const TIME_UNITS = [
  { ms: 3_600_000, word: "h", flag: "h" },
  { ms: 60_000, word: "min", flag: "m" },
  { ms: 1000, word: "s", flag: "s" },
  { ms: 1, word: "ms", flag: "ms" },
] as const;

/** A limit's value in the unit that a person thinks in: `512 MiB`, `10 min`, `100`. */
export function describeLimit(limit: LimitName, value: number): string {
  if (limit === "timeMs") return inLargestUnit(value, ({ word }) => ` ${word}`);
  return isSize(limit) ? formatSize(value) : String(value);
}

/** A limit's value as its flag takes it: `512M`, `10m`, `100`. */
export function flagValue(limit: LimitName, value: number): string {
  if (limit === "timeMs") return inLargestUnit(value, ({ flag }) => flag);
  return isSize(limit) ? formatSize(value).replace(/ ([KMGT]?)i?B$/, "$1") : String(value);
}

function inLargestUnit(ms: number, name: (unit: (typeof TIME_UNITS)[number]) => string): string {
  const unit = TIME_UNITS.find((each) => ms % each.ms === 0) ?? TIME_UNITS[3];
  return `${ms / unit.ms}${name(unit)}`;
}

function isSize(limit: LimitName): boolean {
  return limit === "memory" || limit === "outputBytes" || limit === "outBytes";
}
