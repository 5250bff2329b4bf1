import { Command } from "commander";
import { MayflyError, neutralise } from "../../foundation/index.ts";
import { checkPolicy, explainPolicy, policySchema } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { explanationLines } from "../policy/explanation-view.ts";
import { print } from "../terminal/print.ts";

interface ExplainOptions {
  readonly allow?: readonly string[];
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  mayfly policy explain policy.yaml example.org:443
  mayfly policy explain --allow packages pypi.org:443
  mayfly policy check policy.yaml
  mayfly policy schema > policy.schema.json

docs/policy.md describes the format.`;

/** The target was understood, and the policy does not allow it. */
const REFUSED = 1;

export function policyCommand(invocation: Invocation): Command {
  const command = new Command("policy")
    .description(
      "Network policies: which names a task may reach, and on which terms. Without one it reaches nothing.",
    )
    .addHelpText("after", EXAMPLES);
  command
    .command("explain")
    .description("say whether a host and port are allowed, and by which line; status 0 allowed, 1 refused")
    .usage("[FILE] TARGET [OPTIONS]")
    .argument(
      "<FILE-AND-TARGET...>",
      "a policy document, where there is one, and then such as example.org:443",
    )
    .option("--allow <TO>", "one more rule: a host with or without port, or a set (repeatable)", collect)
    .option("--json", "print one JSON object")
    .action(async (words: string[], { allow, json = false }: ExplainOptions) => {
      const { file, target } = fileAndTarget(words, allow !== undefined);
      const explanation = await explainPolicy(target, { file, allow });
      if (json)
        writeJson({ ...explanation, rule: explanation.rule ?? null, terms: explanation.terms ?? null });
      else for (const line of explanationLines(explanation)) print(line);
      if (!explanation.allowed) invocation.status = REFUSED;
    });
  command
    .command("check")
    .description("find mistakes in a policy document")
    .argument("<FILE>")
    .option("--json", "print one JSON object")
    .action(async (file: string, { json = false }: { json?: boolean }) => {
      const rules = await checkPolicy(file);
      if (json) writeJson({ ok: true, rules });
      else print(`${neutralise(file)}: no mistake; ${counted(rules)}`);
    });
  command
    .command("schema")
    .description("print the JSON Schema of policy documents, for editors")
    .action(() => {
      process.stdout.write(policySchema());
    });
  return command;
}

interface Asked {
  readonly file?: string | undefined;
  readonly target: string;
}

function fileAndTarget([first = "", second, ...more]: readonly string[], hasRules: boolean): Asked {
  const refuse = (message: string): MayflyError =>
    new MayflyError("E_USAGE", message, {
      next: "Name a document and one target, or a rule: mayfly policy explain policy.yaml example.org:443",
    });
  if (more.length > 0) throw refuse("There are too many words");
  if (second !== undefined) return { file: first, target: second };
  if (hasRules) return { target: first };
  throw refuse("There is one word, and no --allow: either the policy or the target is missing");
}

function counted(rules: { readonly allow: number; readonly deny: number; readonly private: number }): string {
  return Object.entries(rules)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}

function collect(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}
