import * as v from "valibot";
import type { ViewPolicy } from "../../contract/index.ts";
import { tellMistake } from "../../foundation/index.ts";
import { badPolicy, locateByKey } from "./place.ts";
import { ViewSchema } from "./schema.ts";

/** What a live view lets pass; nothing is left open. */
export type AdmittedView = { readonly [K in keyof ViewPolicy]-?: NonNullable<ViewPolicy[K]> };

/**
 * Checks what a live view may let pass, and fills in what is left open.
 * @param hasDirectory whether a directory was named for files
 * @throws E_BAD_POLICY
 */
export function admitView(given: ViewPolicy, hasDirectory: boolean): AdmittedView {
  const parsed = v.safeParse(ViewSchema, given);
  if (!parsed.success) {
    const { path, what } = tellMistake(parsed.issues, ViewSchema);
    throw badPolicy(locateByKey(path), what);
  }
  const {
    clipboard = "none",
    downloads = hasDirectory ? "marked" : "none",
    printing = "none",
  } = parsed.output;
  return { clipboard, downloads, printing };
}
