import type { LocatedPolicy } from "./document.ts";

export { BudgetMeter, type Exceeded } from "./budget-meter.ts";
export { compileNetwork, type CompiledNetwork } from "./compile.ts";
export {
  showAddress,
  showDestination,
  type AddressDestination,
  type Destination,
  type NamedDestination,
  type Refusal,
} from "./destination.ts";
export { explainNetwork, type NetworkExplanation } from "./explain.ts";
export type { LocatedPolicy } from "./document.ts";
export { FRAMING, HOP_BY_HOP, headerNameProblem, headerValueProblem } from "./header.ts";
export { mergeNetwork, networkOfOptions } from "./located-network.ts";
export { admitOnFinding } from "./on-finding.ts";
export { parseDestination } from "./parse-destination.ts";
export { badPolicy, showPath, type RuleName } from "./place.ts";
export { withSecretFiles } from "./secret-files.ts";
export { NetworkSchema } from "./schema.ts";
export { NETWORK_SETS } from "./sets.ts";
export { admitView, type AdmittedView } from "./view.ts";
export type { Terms } from "./terms.ts";
export type { AddressVerdict, Verdict } from "./verdict.ts";

/** Reads the text of a policy document, YAML or JSON. @throws E_BAD_POLICY with file, line and what to write instead */
export async function parsePolicy(text: string, file: string): Promise<LocatedPolicy> {
  const { readPolicyDocument } = await import("./document.ts");
  return readPolicyDocument(text, file);
}
