import * as v from "valibot";
import type { Locate, OnFinding } from "../../contract/index.ts";
import { tellMistake } from "../../foundation/index.ts";
import { badPolicy, locateByKey } from "./place.ts";
import { OnFindingSchema } from "./schema.ts";

/** Checks what a policy wants done at findings. @throws E_BAD_POLICY */
export function admitOnFinding(given: OnFinding, locate: Locate = locateByKey): OnFinding {
  const parsed = v.safeParse(OnFindingSchema, given);
  if (!parsed.success) {
    const { path, what } = tellMistake(parsed.issues, OnFindingSchema);
    throw badPolicy(locate(["on_finding", ...path]), what);
  }
  return parsed.output;
}
