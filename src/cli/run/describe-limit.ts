import type { LimitName } from "../../contract/index.ts";
import { formatSize, formatTime } from "../../foundation/index.ts";

/** A limit's value in the unit that a person thinks in. */
export function describeLimit(limit: LimitName, value: number): string {
  switch (limit) {
    case "memory":
    case "outputBytes":
    case "outBytes":
      return formatSize(value);
    case "timeMs":
      return value % 60_000 === 0 ? `${value / 60_000} min` : formatTime(value);
    case "vcpus":
    case "cpus":
    case "processes":
    case "outFiles":
    case "outDepth":
      return String(value);
  }
}

/** A limit's value as its flag takes it: `512M`, `90s`, `4`. */
export function flagValue(limit: LimitName, value: number): string {
  const text = describeLimit(limit, value);
  return text.replace(/^(\d+) min.*$/, "$1m").replace(/ ([KMGT])iB$/, "$1").replace(/ (B|s|ms)$/, (_all, unit: string) => (unit === "B" ? "" : unit));
}
