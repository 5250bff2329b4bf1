import { LIMIT_RANGES, type LimitName } from "../../contract/index.ts";
import { MayflyError, neutralise } from "../../foundation/index.ts";
import { describeLimit } from "./describe-limit.ts";

/** Tells it by the option's name and in a person's units. @throws E_USAGE where `value`, written as `text`, is out of the limit's range */
export function requireInRange(
  { limit, flag }: { limit: LimitName; flag: string },
  value: number,
  text: string,
): void {
  const [least, most] = LIMIT_RANGES[limit];
  if (value >= least && value <= most) return;
  const [from, to] = [describeLimit(limit, least), describeLimit(limit, most)];
  throw new MayflyError("E_USAGE", `${flag} is ${neutralise(text, 60)}; it must be ${from} … ${to}`, {
    next:
      value < least
        ? `The smallest value is ${from}; ask for more.`
        : `The largest value is ${to}; ask for less.`,
  });
}
