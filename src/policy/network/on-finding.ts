import * as v from "valibot";
import type { Locate, OnFinding } from "../../contract/index.ts";
import { tellMistake } from "../../foundation/index.ts";
import { badPolicy, locateByKey } from "./place.ts";
import { OnFindingSchema } from "./schema.ts";

/**
 * Checks what a policy wants done at findings.
 * @throws E_BAD_POLICY, also for `freeze`, which cannot be kept yet: a policy that promises it must not run without it
 */
export function admitOnFinding(given: OnFinding, locate: Locate = locateByKey): OnFinding {
  const parsed = v.safeParse(OnFindingSchema, given);
  if (!parsed.success) {
    const { path, what } = tellMistake(parsed.issues, OnFindingSchema);
    throw badPolicy(locate(["on_finding", ...path]), what);
  }
  if (parsed.output.do === "freeze")
    throw badPolicy(locate(["on_finding", "do"]), 'freeze is not there yet; write "kill"');
  return parsed.output;
}
