import * as v from "valibot";
import { tellMistake, type KeyPath } from "../../foundation/index.ts";
import { readYaml } from "../../foundation/yaml-document.ts";
import type { AttackMatrix } from "../attack.ts";
import { compileCondition, fieldNamed } from "./condition.ts";
import { badRule, type Complain } from "./place.ts";
import type { Pattern, Repeated, Rule, Sequence } from "./rule.ts";
import { RulesSchema, type CountDocument, type RuleDocument } from "./schema.ts";

const MIB = 2 ** 20;

/**
 * Reads the text of a file of rules, YAML or JSON.
 * @param matrix techniques that rules may name
 * @throws E_BAD_RULE with file, line and what to write instead
 */
export function parseRules(text: string, file: string, matrix: AttackMatrix): readonly Rule[] {
  if (text.length > MIB) throw badRule(file, [], "it is larger than 1 MiB");
  const { value, lineOf } = readYaml(text, (line, what) => badRule(`${file}:${line}`, [], what));
  const whereOf = (path: KeyPath): string => `${file}:${lineOf(path)}`;
  const complain: Complain = (path, what) => badRule(whereOf(path), path, what);
  const parsed = v.safeParse(RulesSchema, value);
  if (!parsed.success) {
    const { path, what } = tellMistake(parsed.issues, RulesSchema);
    throw complain(path, what);
  }
  const seen = new Set<string>();
  const starts = parsed.output.rules.map((_rule, i) => lineOf(["rules", i]));
  return parsed.output.rules.map((rule, i) => {
    const site = { path: ["rules", i], complain };
    const source = excerpt(text, starts[i] ?? 1, starts[i + 1]);
    if (seen.has(rule.id)) throw complain([...site.path, "id"], `there is a rule "${rule.id}" already`);
    seen.add(rule.id);
    return compileRule(rule, { ...site, matrix, where: whereOf(site.path), source });
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

/** Lines of a document from one to before another, moved to the left. */
function excerpt(text: string, from: number, to: number | undefined): string {
  const lines = text.split("\n").slice(from - 1, to === undefined ? undefined : to - 1);
  const indent = /^\s*/.exec(lines[0] ?? "")?.[0].length ?? 0;
  return lines
    .map((line) => line.slice(indent))
    .join("\n")
    .trimEnd();
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
