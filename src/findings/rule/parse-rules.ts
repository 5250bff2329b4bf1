import * as v from "valibot";
import { tellMistake, type KeyPath } from "../../foundation/index.ts";
import { readYaml } from "../../foundation/yaml-document.ts";
import type { AttackMatrix } from "../attack.ts";
import { compileRules, type WrittenRule } from "./compile-rule.ts";
import { badRule, type Complain } from "./place.ts";
import type { Rule } from "./rule.ts";
import { RulesSchema } from "./schema.ts";

const MIB = 2 ** 20;

/**
 * Reads the text of a file of rules, YAML or JSON.
 * @param matrix techniques that rules may name
 * @throws E_BAD_RULE with file, line and what to write instead
 */
export function parseRules(text: string, file: string, matrix: AttackMatrix): readonly Rule[] {
  const { written, lineOf } = readWritten(text, file);
  return compileRules(written, { file, matrix, lineOf });
}

interface WrittenRules {
  readonly written: readonly WrittenRule[];
  readonly lineOf: (path: KeyPath) => number;
}

/** Reads it as far as its form goes. @throws E_BAD_RULE */
export function readWritten(text: string, file: string): WrittenRules {
  if (text.length > MIB) throw badRule(file, [], "it is larger than 1 MiB");
  const { value, lineOf } = readYaml(text, (line, what) => badRule(`${file}:${line}`, [], what));
  const complain: Complain = (path, what) => badRule(`${file}:${lineOf(path)}`, path, what);
  const parsed = v.safeParse(RulesSchema, value);
  if (!parsed.success) {
    const { path, what } = tellMistake(parsed.issues, RulesSchema);
    throw complain(path, what);
  }
  const { rules } = parsed.output;
  const seen = new Set<string>();
  const starts = rules.map((_rule, i) => lineOf(["rules", i]));
  const written = rules.map((document, i) => {
    const { id } = document;
    if (seen.has(id)) throw complain(["rules", i, "id"], `there is a rule "${id}" already`);
    seen.add(id);
    const line = starts[i] ?? 1;
    return { document, line, source: excerpt(text, line, starts[i + 1]) };
  });
  return { written, lineOf };
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
