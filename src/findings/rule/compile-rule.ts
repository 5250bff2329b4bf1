import type { AttackMatrix } from "../attack.ts";
import { compileCondition, fieldNamed } from "./condition.ts";
import { badRule, type Complain } from "./place.ts";
import type { Pattern, Repeated, Rule, Sequence } from "./rule.ts";
import type { CountDocument, RuleDocument } from "./schema.ts";
import type { KeyPath } from "../../foundation/index.ts";

/** A rule of a file whose form is right; whether it makes sense is seen when it is compiled. JSON can hold it. */
export interface WrittenRule {
  readonly document: RuleDocument;
  /** Where it begins in its file. */
  readonly line: number;
  /** As it is written, without what it is indented by. */
  readonly source: string;
}

/** Where mistakes are told to be. */
export interface RuleFile {
  readonly file: string;
  readonly matrix: AttackMatrix;
  /** Line of what lies at a path of the file; without it, a mistake is told to be where its rule begins. */
  readonly lineOf?: ((path: KeyPath) => number) | undefined;
}

/**
 * Makes rules ready to be asked.
 * @throws E_BAD_RULE with file, line and what to write instead
 */
export function compileRules(
  written: readonly WrittenRule[],
  { file, matrix, lineOf }: RuleFile,
): readonly Rule[] {
  return written.map(({ document, line, source }, i) => {
    const complain: Complain = (path, what) => badRule(`${file}:${lineOf?.(path) ?? line}`, path, what);
    const where = `${file}:${line}`;
    return compileRule(document, { path: ["rules", i], complain, matrix, where, source });
  });
}

interface Site {
  readonly path: KeyPath;
  readonly complain: Complain;
}

function compileRule(
  rule: RuleDocument,
  { matrix, where, source, ...site }: Site & { matrix: AttackMatrix; where: string; source: string },
): Rule {
  const { id, severity, text } = rule;
  const techniques = rule.techniques.map((technique, i) => {
    if (matrix.find(technique) !== undefined) return matrix.technique(technique);
    throw site.complain([...site.path, "techniques", i], unknownTechnique(technique, matrix));
  });
  return { id, severity, text, techniques, pattern: compilePattern(rule, site), where, source };
}

function unknownTechnique(id: string, matrix: AttackMatrix): string {
  const base = /^T\d{4}/.exec(id)?.[0] ?? "";
  const known = matrix.find(base);
  const hint = known === undefined ? "data/attack-techniques.tsv lists them" : `${base} is "${known.name}"`;
  return `MITRE ATT&CK has no such technique; ${hint}`;
}

function compilePattern({ match, count, sequence, same, within }: RuleDocument, site: Site): Pattern {
  const { path, complain } = site;
  if ((match === undefined) === (sequence === undefined))
    throw complain(path, "it must have either match or sequence");
  if (sequence !== undefined) {
    if (count !== undefined) throw complain([...path, "count"], "it goes with match, not with sequence");
    return compileSequence(sequence, { same, within }, site);
  }
  if (same !== undefined) throw complain([...path, "same"], "it goes with sequence, not with match");
  if (within !== undefined) throw complain([...path, "within"], "it goes with sequence; put it below count");
  const condition = compileCondition(match, { path: [...path, "match"], complain });
  if (count === undefined) return { kind: "once", condition };
  return compileCount(count, condition, { path: [...path, "count"], complain });
}

function compileSequence(
  steps: readonly unknown[],
  { same, within }: Pick<RuleDocument, "same" | "within">,
  { path, complain }: Site,
): Sequence {
  const conditions = steps.map((step, i) =>
    compileCondition(step, { path: [...path, "sequence", i], complain }),
  );
  if (same !== undefined)
    for (const { events } of conditions) fieldNamed(same, { path: [...path, "same"], complain, events });
  return { kind: "sequence", steps: conditions, same, within: within ?? Infinity };
}

function compileCount(
  count: CountDocument,
  condition: Repeated["condition"],
  { path, complain }: Site,
): Repeated {
  const { events } = condition;
  for (const key of ["distinct", "per"] as const) {
    const name = count[key];
    if (name !== undefined) fieldNamed(name, { path: [...path, key], complain, events });
  }
  if (count.apart !== undefined && count.regular === undefined)
    throw complain([...path, "apart"], "it goes with regular");
  if (count.regular !== undefined && (count.atLeast < 3 || count.distinct !== undefined))
    throw complain([...path, "regular"], "it needs at least 3, and goes without distinct");
  const { atLeast, distinct, per, within = Infinity, regular, apart = 0 } = count;
  return { kind: "repeated", condition, atLeast, distinct, per, within, regular, apart };
}
