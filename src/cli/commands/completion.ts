import { Argument, Command } from "commander";
import { listProfiles } from "../../sdk/index.ts";
import { bashCompletion } from "../completion/bash.ts";
import { describeCommand } from "../completion/describe.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";

const WRITERS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;
type Shell = keyof typeof WRITERS;

const EXAMPLES = `
Examples:
  source <(mayfly completion bash)          # in ~/.bashrc
  source <(mayfly completion zsh)           # in ~/.zshrc, after compinit
  mayfly completion fish > ~/.config/fish/completions/mayfly.fish`;

export function completionCommand(invocation: Invocation): Command {
  return new Command("completion")
    .description("Prints a completion script for a shell, made from this version's own commands and options.")
    .addArgument(new Argument("<SHELL>", "the shell to complete in").choices(Object.keys(WRITERS)))
    .option("--json", "print one JSON object: shell, script")
    .addHelpText("after", EXAMPLES)
    .action(async (shell: Shell, { json = false }: { json?: boolean }) => {
      const program = await invocation.wholeProgram();
      const profiles = (await listProfiles()).map(({ name }) => name);
      const script = WRITERS[shell](describeCommand(program, { profiles }));
      if (json) writeJson({ shell, script });
      else process.stdout.write(script);
    });
}
