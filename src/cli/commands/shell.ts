import { existsSync } from "node:fs";
import { Command } from "commander";
import { DEFAULT_LIMITS } from "../../contract/index.ts";
import { MayflyError } from "../../foundation/index.ts";
import type { Invocation } from "../invocation.ts";
import { addLimitOptions } from "../run/limit-options.ts";
import { performTask } from "../run/perform-task.ts";
import { addMannerOptions, addTaskOptions, taskFrom, type TaskOptions } from "../run/task-options.ts";
import { terminalVariables } from "../run/terminal-variables.ts";

/** The best shell that the guest has; `exec` so that its exit status is the session's. */
const SHELL = ["sh", "-c", "exec $(command -v bash || echo sh) -l"];
/** A person works as long as they like; this is the longest that there is. */
const SESSION_MS = 7 * 24 * 3_600_000;

interface ShellOptions extends TaskOptions {
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  mayfly shell
  mayfly shell python data.csv        # data.csv is /in/data.csv
  mayfly shell --out kept             # what you leave in /out comes back to kept/

Leave with \`exit\` or Ctrl-D; the exit status is the shell's. Enter ~ . ends a session that hangs.`;

export function shellCommand(invocation: Invocation): Command {
  const command = new Command("shell")
    .description("Opens a shell in a micro-VM of its own, which is destroyed when you leave.")
    .usage("[PROFILE] [FILES…] [OPTIONS]")
    .argument("[PROFILE]", "kind of machine (default: base)")
    .argument("[FILES...]", "inputs, each readable as /in/NAME");
  addTaskOptions(command)
    .option("--json", "print one JSON object with the result when the session has ended")
    .option("--no-report", "make no report");
  addMannerOptions(command);
  addLimitOptions(command, { ...DEFAULT_LIMITS, timeMs: SESSION_MS });
  return command
    .addHelpText("after", EXAMPLES)
    .action(async (first: string | undefined, rest: string[], options: ShellOptions) => {
      if (invocation.commandWords !== undefined) {
        throw new MayflyError("E_USAGE", "A shell takes no command", {
          next: "Use `mayfly run -t -- COMMAND…` for one.",
        });
      }
      const { profile, files } = await sortOut(first, rest, options.profile);
      const task = await taskFrom(files, { ...options, profile });
      invocation.status = await performTask(
        {
          ...task,
          command: SHELL,
          env: { ...terminalVariables(), ...task.env },
          limits: { timeMs: SESSION_MS, ...task.limits },
        },
        {
          streams: { terminal: true, stdin: true, raw: options.raw ?? false },
          json: options.json ?? false,
          gather: false, // what is shown on a terminal is the session's
          quiet: options.quiet ?? false,
          yes: options.yes ?? false,
          report: undefined,
          unreported: options.report === false,
          embedded: options.embedded ?? false,
          force: false,
        },
        invocation,
      );
    });
}

/** The first word may be a profile or already a file; a profile's name wins, as `./NAME` still names a file. */
async function sortOut(
  first: string | undefined,
  rest: readonly string[],
  profile: string | undefined,
): Promise<{ profile: string; files: readonly string[] }> {
  if (first === undefined) return { profile: profile ?? "base", files: rest };
  const isProfile = profile === undefined && (!existsSync(first) || (await isProfileName(first)));
  return isProfile
    ? { profile: first, files: rest }
    : { profile: profile ?? "base", files: [first, ...rest] };
}

async function isProfileName(word: string): Promise<boolean> {
  const { listProfiles } = await import("../../sdk/index.ts");
  return (await listProfiles()).some(({ name }) => name === word);
}
