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
      const { file, target } = fileAndTarget(words);
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

function fileAndTarget(words: readonly string[]): {
  readonly file?: string | undefined;
  readonly target: string;
} {
  const [first = "", second, third] = words;
  if (third === undefined) return second === undefined ? { target: first } : { file: first, target: second };
  throw new MayflyError("E_USAGE", `There are ${words.length} words; at most a file and a target are taken`, {
    next: "Ask for one target at a time: mayfly policy explain policy.yaml example.org:443",
  });
}

function counted(rules: { readonly allow: number; readonly deny: number; readonly private: number }): string {
  return Object.entries(rules)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}

function collect(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}
