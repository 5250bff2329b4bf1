import type { LimitName } from "../../contract/index.ts";
import { GIB, MIB, MayflyError, neutralise } from "../../foundation/index.ts";
import { describeLimit } from "./describe-limit.ts";

/**
 * The smallest and largest value of each limit that has an option. The policy decides, and a test keeps the two equal; here
 * they are told by the option's name and in a person's units.
 */
export const OPTION_RANGES = {
  memory: [96 * MIB, 1024 * GIB],
  vcpus: [1, 64],
  cpus: [0.05, 64],
  timeMs: [100, 7 * 24 * 3_600_000],
  outputBytes: [0, 1024 * GIB],
  processes: [1, 30_000],
  outFiles: [0, 1_000_000],
  outBytes: [0, 1024 * GIB],
} as const satisfies Partial<Record<LimitName, readonly [number, number]>>;

/** @throws E_USAGE where `value`, written as `text`, is out of the limit's range */
export function requireInRange(
  { limit, flag }: { limit: keyof typeof OPTION_RANGES; flag: string },
  value: number,
  text: string,
): void {
  const [least, most] = OPTION_RANGES[limit];
  if (value >= least && value <= most) return;
  const [from, to] = [describeLimit(limit, least), describeLimit(limit, most)];
  throw new MayflyError("E_USAGE", `${flag} is ${neutralise(text, 60)}; it must be ${from} … ${to}`, {
    next:
      value < least
        ? `The smallest value is ${from}; ask for more.`
        : `The largest value is ${to}; ask for less.`,
  });
}
