import { readFileSync, readdirSync } from "node:fs";
import { format } from "prettier";
import { describe, expect, it } from "vitest";
import { AttackMatrix, VOCABULARY, parseRules, type Rule } from "../../src/findings/index.ts";

const matrix = new AttackMatrix(readFileSync("data/attack-techniques.tsv", "utf8"));

async function rulesOf(file: string): Promise<readonly Rule[]> {
  return await parseRules(readFileSync(`rules/${file}`, "utf8"), `rules/${file}`, matrix);
}

const cell = (text: string): string => text.replaceAll("|", "\\|");

async function list(): Promise<string> {
  const lines = ["# All rules", "", "Written by a test; [rules.md](rules.md) explains rules.", ""];
  for (const file of readdirSync("rules").sort()) {
    lines.push(
      `## rules/${file}`,
      "",
      "| rule | severity | what it finds | techniques |",
      "|---|---|---|---|",
    );
    for (const { id, severity, text, techniques } of await rulesOf(file)) {
      const links = techniques.map((each) => `[${each.id}](${each.url}) ${each.name}`).join(", ");
      lines.push(`| \`${id}\` | ${severity} | ${cell(text)} | ${cell(links)} |`);
    }
    lines.push("");
  }
  lines.push("# All that rules can speak of", "");
  for (const [event, { about, fields }] of Object.entries(VOCABULARY)) {
    lines.push(`## ${event}`, "", `${about}.`, "", "| field | type | what it is |", "|---|---|---|");
    for (const [name, { type, about: what }] of Object.entries(fields))
      lines.push(`| \`${name}\` | ${type} | ${cell(what)} |`);
    lines.push("");
  }
  return await format(lines.join("\n"), { parser: "markdown", printWidth: 110 });
}

describe("docs/rules-list.md", () => {
  /** Written anew by `vitest run test/docs --update`. */
  it("lists every rule and every field", async () => {
    await expect(await list()).toMatchFileSnapshot("../../docs/rules-list.md");
  });
});

describe("docs/rules.md", () => {
  const text = readFileSync("docs/rules.md", "utf8");
  const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, example]) => [example ?? ""]);
  it.each(examples.filter(([example = ""]) => example.startsWith("rules:")))(
    "has an example that is right: %s",
    async (example) => {
      expect(await parseRules(example, "example.yaml", matrix)).toHaveLength(1);
    },
  );
});
