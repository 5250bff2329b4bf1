import type { Locate, Place } from "../../contract/index.ts";
import { MayflyError, neutralise, type KeyPath } from "../../foundation/index.ts";

/** How a verdict names the rule that it follows: `network.allow[1] "*.example.org" (policy.yaml:4)`. */
export type RuleName = string;

/** Places of a policy that is in no file. */
export const locateByKey: Locate = (path) => ({ key: showPath(path) });

export function showPath(path: KeyPath): string {
  const shown = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${neutralise(step, 60)}`));
  return shown.join("").replace(/^\./, "");
}

export function ruleName({ key, where }: Place, text: string): RuleName {
  return `${key} "${neutralise(text, 300)}"${where === undefined ? "" : ` (${where})`}`;
}

/** @param next what to do about it */
export function badPolicy(
  { key, where }: Place,
  what: string,
  next = "docs/policy.md describes the format.",
): MayflyError {
  const start = where === undefined ? "" : `${where}: `;
  return new MayflyError("E_BAD_POLICY", `${start}${key === "" ? "" : `${key}: `}${what}`, {
    next,
  });
}
