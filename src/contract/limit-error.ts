import { MayflyError } from "../foundation/errors.ts";
import type { LimitName } from "./limits.ts";

/** A task went over a limit: its outcome, not a failure of Mayfly's. `allowed` is in the limit's own unit. */
export class LimitError extends MayflyError {
  readonly limit: LimitName;
  readonly allowed: number;

  constructor(limit: LimitName, allowed: number) {
    super("E_LIMIT", `The task went over its limit ${limit} (${allowed})`);
    this.limit = limit;
    this.allowed = allowed;
  }
}
