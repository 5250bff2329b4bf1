import { Command } from "commander";
import { neutralise, neutraliseText } from "../../foundation/index.ts";
import { checkRules, findRule, listRules, type RuleInfo } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { print, printTable } from "../terminal/print.ts";
import { styleFor } from "../terminal/style.ts";

interface RulesOptions {
  readonly rules?: readonly string[];
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  mayfly rules
  mayfly rules show persistence-cron
  mayfly rules check mine.yaml

docs/rules.md describes the format. Yours are in ~/.config/mayfly/rules.`;

export function rulesCommand(_invocation: Invocation): Command {
  const command = withOptions(new Command("rules"))
    .description(
      "Rules that say what in a task's behaviour is worth telling, and how grave it is. Lists them.",
    )
    .addHelpText("after", EXAMPLES)
    .action(async ({ rules: files, json = false }: RulesOptions) => {
      const rules = await listRules(files);
      if (json) writeJson(rules.map(asJson));
      else
        printTable(["RULE", "SEVERITY", "TECHNIQUES", "WHAT IT FINDS"], rules.map(row), {
          empty: "There is no rule.",
        });
    });
  withOptions(command.command("show"))
    .description("show one rule: what it finds, what it matches, and which techniques of ATT&CK it speaks of")
    .argument("<ID>")
    .action(async (id: string, _options: unknown, self: Command) => {
      const { rules: files, json = false } = self.optsWithGlobals<RulesOptions>();
      const rule = await findRule(id, files);
      if (json) writeJson({ ...asJson(rule), source: rule.source });
      else for (const line of linesOf(rule)) print(line);
    });
  command
    .command("check")
    .description("find mistakes in a file of rules")
    .argument("<FILE>")
    .option("--json", "print one JSON object")
    .action(async (file: string, _options: unknown, self: Command) => {
      const rules = await checkRules(file);
      if (self.optsWithGlobals<RulesOptions>().json === true) writeJson({ ok: true, rules });
      else print(`${neutralise(file)}: no mistake; ${rules} ${rules === 1 ? "rule" : "rules"}`);
    });
  return command;
}

function withOptions(command: Command): Command {
  return command
    .option(
      "--rules <FILE>",
      "more rules (repeatable)",
      (file: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), file],
    )
    .option("--json", "print JSON");
}

function row({ id, severity, techniques, text }: RuleInfo): string[] {
  return [id, severity, techniques.map((technique) => technique.id).join(" "), neutralise(text)];
}

function asJson({ id, severity, text, techniques, where }: RuleInfo): Omit<RuleInfo, "source"> {
  return { id, severity, text, techniques, where };
}

function linesOf({ id, severity, text, techniques, where, source }: RuleInfo): string[] {
  const { dim } = styleFor(process.stdout);
  return [
    `${id} ${dim(`(${severity}, ${neutralise(where)})`)}`,
    neutralise(text),
    ...techniques.map(
      ({ id: technique, name, tactics, url }) =>
        `  ${technique} ${name} ${dim(`(${tactics.join(", ")}) ${url}`)}`,
    ),
    "",
    ...neutraliseText(source).split("\n"),
  ];
}
