import { Command } from "commander";
import { DEFAULT_LIMITS } from "../../contract/index.ts";
import { MIB, MayflyError, neutralise } from "../../foundation/index.ts";
import type { Invocation } from "../invocation.ts";
import { flagValue } from "../run/describe-limit.ts";
import { detonating, readDetonation, requireDetonatable } from "../run/detonation.ts";
import { addLimitOptions } from "../run/limit-options.ts";
import { performTask } from "../run/perform-task.ts";
import type { Presentation } from "../run/presentation.ts";
import { addMannerOptions, addTaskOptions, taskFrom, type TaskOptions } from "../run/task-options.ts";
import { terminalVariables } from "../run/terminal-variables.ts";

interface RunOptions extends TaskOptions {
  readonly stdin?: boolean;
  readonly tty?: boolean;
  readonly json?: boolean;
  readonly detonate?: number;
}

const MOST_GATHERED = 256 * MIB;

const EXAMPLES = `
Examples:
  mayfly run -- uname -a
  mayfly run invoice.csv -- wc -l /in/invoice.csv
  mayfly run --in "My file.txt=a.txt" --out results -- sh -c 'sort /in/a.txt > /out/sorted.txt'
  curl https://example.org/x.json | mayfly run -- jq .
  mayfly run --profile python --time 30s --memory 512M -- python3 -c 'print(6 * 7)'
  mayfly run -t -- vi /tmp/notes
  mayfly run --json -- id
  mayfly run sample.sh --detonate 60 -- sh /in/sample.sh

Standard input goes to the command where it is a pipe or a file; on a terminal with -i or -t only.
The exit status is the command's own. 124: over a limit; 126, 127: it cannot be started; 64 … 77: Mayfly could not
do it, and says why; 128 + N: ended by signal N. Exit statuses in full: docs/cli.md.`;

export function runCommand(invocation: Invocation): Command {
  const command = new Command("run")
    .description(
      "Runs one command in a micro-VM of its own, which is destroyed when the command ends.\n\nFILES are copied to /in; what the command leaves in /out comes back with --out. Nothing else is shared.",
    )
    .usage("[FILES…] [OPTIONS] -- COMMAND…")
    .argument("[FILES...]", "inputs, each readable as /in/NAME");
  addTaskOptions(command)
    .option("-i, --stdin", "pass standard input on although it is a terminal")
    .option("--no-stdin", "leave standard input alone")
    .option("-t, --tty", "give the command a terminal (end a session that hangs with Enter ~ .)")
    .option("--json", "print one JSON object with the result and the command's output")
    .option("--report <FILE>", "write the signed report to a file too (--force replaces one)")
    .option("--no-report", "make no report")
    .option(
      "--detonate <TIME>",
      "run it unseen for so long at most, refuse and record its network, and show the report",
      readDetonation,
    );
  addMannerOptions(command);
  addLimitOptions(command, DEFAULT_LIMITS);
  return command.addHelpText("after", EXAMPLES).action(async (files: string[], options: RunOptions) => {
    const words = requireCommand(files, invocation.commandWords);
    const { detonate } = options;
    if (detonate !== undefined) requireDetonatable(options);
    const given = await taskFrom(files, options);
    const task = detonate === undefined ? given : detonating(given, detonate);
    const json = options.json ?? false;
    if (json) requireGatherable(task.limits?.outputBytes);
    const env = options.tty === true ? { ...terminalVariables(), ...task.env } : task.env;
    invocation.status = await performTask({ ...task, command: words, env }, mannerOf(options), invocation);
  });
}

function mannerOf({ tty = false, json = false, raw = false, ...options }: RunOptions): Presentation {
  const detonation = options.detonate !== undefined;
  const { quiet = false, yes = false, force = false } = options;
  return {
    streams: { terminal: tty, stdin: detonation ? false : options.stdin, raw, hidden: detonation },
    ...{ json, gather: json, detonation, quiet, yes, force },
    report: typeof options.report === "string" ? options.report : undefined,
    unreported: options.report === false,
    embedded: options.embedded ?? false,
  };
}

/** With --json all of the output is held in memory, twice for a moment, and encoded. */
function requireGatherable(outputBytes = 0): void {
  if (outputBytes <= MOST_GATHERED) return;
  const most = flagValue("outputBytes", MOST_GATHERED);
  throw new MayflyError(
    "E_USAGE",
    `--json holds the output in memory, at most ${most}; --output asks for ${flagValue("outputBytes", outputBytes)}`,
    { next: `Give --output ${most} or less, or leave --json out.` },
  );
}

function requireCommand(files: readonly string[], words: readonly string[] | undefined): readonly string[] {
  if (words !== undefined && words.length > 0) return words;
  const guess =
    files.length > 0 && words === undefined
      ? `mayfly run -- ${files.map((file) => neutralise(file)).join(" ")}`
      : "mayfly run -- uname -a";
  throw new MayflyError(
    "E_USAGE",
    words === undefined ? "There is no `--` with a command after it" : "There is no command after `--`",
    {
      next: `Words before \`--\` are input files, words after it are the command: ${guess}`,
    },
  );
}
