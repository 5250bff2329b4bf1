import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { CATALOGUE } from "./catalogue.ts";
import { tellFailure } from "./failure.ts";
import type { Interruption } from "./interruption.ts";
import type { Invocation } from "./invocation.ts";
import { usageError } from "./usage-error.ts";
import { requireUtf8 } from "./valid-text.ts";

/** The commands that take another program's command line after `--`. */
const TAKING_COMMANDS = new Set(["run", "shell"]);

const EXAMPLES = `
Examples:
  mayfly open invoice.docx
  mayfly run -- uname -a
  mayfly run invoice.csv -- wc -l /in/invoice.csv
  mayfly run --profile python data.csv --out results -- python3 -c "…"
  mayfly shell python
  mayfly doctor

\`mayfly COMMAND --help\` shows a command's options and examples.`;

/** Runs the command that `argv` names. Never rejects. @returns the exit status */
export async function perform(argv: readonly string[], interruption: Interruption): Promise<number> {
  const { name, loaded, words, commandWords } = split(argv);
  const wholeProgram = async (): Promise<Command> => await buildProgram(invocation, () => true);
  const invocation: Invocation = { commandWords, interruption, wholeProgram, status: 0 };
  let program: Command | undefined;
  try {
    for (const word of argv) requireUtf8(word, "cmdline");
    program = await buildProgram(invocation, (each) => each === loaded);
    if (words.length === 0) program.help();
    await program.parseAsync(words, { from: "user" });
    return invocation.status;
  } catch (cause) {
    if (cause instanceof CommanderError && cause.exitCode === 0) return 0;
    const command = program?.commands.find((each) => each.name() === name);
    const lacksCommand = TAKING_COMMANDS.has(name) && commandWords === undefined;
    const failure =
      cause instanceof CommanderError ? usageError(cause, { words, command, lacksCommand }) : cause;
    return tellFailure(failure, { json: words.includes("--json"), interrupted: interruption.status });
  }
}

interface CommandLine {
  /** The first word. */
  readonly name: string;
  /** The command whose options must be known: also the one that help is asked for. */
  readonly loaded: string;
  /** What commander reads. */
  readonly words: readonly string[];
  readonly commandWords: readonly string[] | undefined;
}

function split(argv: readonly string[]): CommandLine {
  const [name = "", second = ""] = argv.filter((word) => !word.startsWith("-"));
  const loaded = name === "help" ? second : name;
  const cut = TAKING_COMMANDS.has(name) ? argv.indexOf("--") : -1;
  if (cut < 0) return { name, loaded, words: argv, commandWords: undefined };
  return { name, loaded, words: argv.slice(0, cut), commandWords: argv.slice(cut + 1) };
}

/** The whole command line as commander knows it; commands that `isWanted` denies are only named. */
async function buildProgram(
  invocation: Invocation,
  isWanted: (command: string) => boolean,
): Promise<Command> {
  const program = quiet(new Command("mayfly"))
    .addHelpCommand(
      new Command("help")
        .argument("[COMMAND]")
        .summary("show help for a command")
        .helpGroup("This installation:"),
    )
    .description(
      "Runs whatever you do not trust in a micro-VM of its own, and proves that it is gone afterwards.",
    )
    .version(packageVersion(), "-V, --version", "print the version")
    .usage("COMMAND [OPTIONS]")
    .addHelpText("after", EXAMPLES);
  for (const { name, group, summary, load } of CATALOGUE) {
    const command = isWanted(name) ? (await load())(invocation) : new Command(name).allowUnknownOption();
    program.addCommand(withExits(command.summary(summary).helpGroup(group)));
  }
  return program;
}

/** Usage errors are thrown and told by us; only help goes straight to standard output. */
function quiet(command: Command): Command {
  return command
    .exitOverride()
    .helpOption("-h, --help", "show this help")
    .configureOutput({ outputError: () => undefined, writeErr: () => undefined });
}

function withExits(command: Command): Command {
  for (const inner of [command, ...command.commands]) {
    inner.exitOverride().helpOption("-h, --help", "show this help").helpCommand(false);
    inner.configureOutput({ outputError: () => undefined, writeErr: () => undefined });
  }
  return command;
}

/** Read here rather than asked of the SDK, which `--version` need not load. */
function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return manifest.version;
}
