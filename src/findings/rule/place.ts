import { MayflyError, neutralise, type KeyPath } from "../../foundation/index.ts";

/** Makes the error for a mistake at a path of one document. */
export type Complain = (path: KeyPath, what: string) => MayflyError;

/** @param where `rules.yaml:4` */
export function badRule(where: string, path: KeyPath, what: string): MayflyError {
  const steps = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${neutralise(step, 60)}`));
  const key = steps.join("").replace(/^\./, "");
  return new MayflyError("E_BAD_RULE", `${where}: ${key === "" ? "" : `${key}: `}${what}`, {
    next: "docs/rules.md describes the format.",
  });
}
