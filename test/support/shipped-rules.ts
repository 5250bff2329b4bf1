import { readFileSync, readdirSync } from "node:fs";
import { AttackMatrix, parseRules, type Rule } from "../../src/findings/index.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

export const MATRIX = new AttackMatrix(read("data/attack-techniques.tsv"));

/** The rules that Mayfly brings, by their files. */
export async function shippedRules(): Promise<ReadonlyMap<string, readonly Rule[]>> {
  const files = readdirSync(new URL("../../rules", import.meta.url)).sort();
  const parsed = files.map(async (file) => {
    const rules = await parseRules(read(`rules/${file}`), `rules/${file}`, MATRIX);
    return [file, rules] as const;
  });
  return new Map(await Promise.all(parsed));
}
