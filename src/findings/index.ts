export { actionOn, isAtLeast } from "./act.ts";
export { AttackMatrix, type PublishedTechnique } from "./attack.ts";
export { VOCABULARY } from "./facts/index.ts";
export { FindingWatch, findingsOf, type TaskEvidence } from "./findings-of.ts";
export { compileRules, type Rule, type RuleFile, type WrittenRule } from "./rule/index.ts";

import type { AttackMatrix } from "./attack.ts";
import type { Rule, WrittenRule } from "./rule/index.ts";

/** Reads the text of a file of rules, YAML or JSON. @throws E_BAD_RULE with file, line and what to write instead */
export async function parseRules(text: string, file: string, matrix: AttackMatrix): Promise<readonly Rule[]> {
  const { parseRules: parse } = await import("./rule/parse-rules.ts");
  return parse(text, file, matrix);
}

/** As far as its form goes; `compileRules` does the rest. JSON can hold what comes back. @throws E_BAD_RULE */
export async function readWritten(text: string, file: string): Promise<readonly WrittenRule[]> {
  const { readWritten: read } = await import("./rule/parse-rules.ts");
  return read(text, file).written;
}
