import { INSTALLATION } from "../image/index.ts";
import type { Severity, Technique } from "../contract/index.ts";
import { MayflyError, nearest, neutralise } from "../foundation/index.ts";
import { loadRules, readRules } from "../task/index.ts";

/** One rule, as people see it. */
export interface RuleInfo {
  readonly id: string;
  readonly severity: Severity;
  readonly text: string;
  readonly techniques: readonly Technique[];
  /** File and line: `rules/persistence.yaml:4`; of Mayfly's own relative to the installation. */
  readonly where: string;
  /** The rule as it is written. */
  readonly source: string;
}

/**
 * Every rule that holds: Mayfly's, the user's (`~/.config/mayfly/rules/*.yaml`), and those of more files.
 * @throws E_BAD_RULE with file and line, E_INPUT_MISSING, E_INPUT_UNREADABLE
 */
export async function listRules(files: readonly string[] = []): Promise<readonly RuleInfo[]> {
  return (await loadRules(files)).map(({ id, severity, text, techniques, where, source }) => ({
    id,
    severity,
    text,
    techniques,
    where: where.startsWith(INSTALLATION) ? where.slice(INSTALLATION.length) : where,
    source,
  }));
}

/** One of them. @throws E_USAGE with the nearest id there is, and as `listRules` */
export async function findRule(id: string, files: readonly string[] = []): Promise<RuleInfo> {
  const rules = await listRules(files);
  const found = rules.find((rule) => rule.id === id);
  if (found !== undefined) return found;
  const ids = rules.map((rule) => rule.id);
  const near = nearest(id, ids);
  throw new MayflyError("E_USAGE", `There is no rule "${neutralise(id, 80)}"`, {
    next:
      near === undefined ? "`mayfly rules` lists them." : `Did you mean ${near}? \`mayfly rules\` lists all.`,
  });
}

/** Finds mistakes in a file of rules. @returns how many it has @throws as `listRules` */
export async function checkRules(file: string): Promise<number> {
  return (await readRules(file)).length;
}
