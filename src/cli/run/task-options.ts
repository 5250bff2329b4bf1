import { Option, type Command } from "commander";
import type { Isolation, TaskInput, TaskRequest } from "../../contract/index.ts";
import { MayflyError, neutralise } from "../../foundation/index.ts";
import type { MayflyOptions, RunRequest } from "../../sdk/index.ts";
import { policyFrom } from "../policy/located.ts";
import { requireUtf8 } from "../valid-text.ts";
import { limitsFrom } from "./limit-options.ts";

/** What commander gives for the options of `run` and `shell`. */
export interface TaskOptions {
  readonly profile?: string;
  readonly in?: readonly TaskInput[];
  readonly out?: string;
  readonly force?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly user?: string;
  readonly isolation?: Isolation;
  readonly allow?: readonly string[];
  readonly policy?: string;
  readonly rules?: readonly string[];
  readonly pcap?: string;
  readonly yes?: boolean;
  readonly quiet?: boolean;
  readonly raw?: boolean;
  readonly embedded?: boolean;
  /** `false` for --no-report; the name of a file for `run`. */
  readonly report?: string | boolean;
}

/** Adds what `run` and `shell` have in common. */
export function addTaskOptions(command: Command): Command {
  return command
    .option("-p, --profile <NAME>", "kind of machine: see `mayfly profiles` (default: base)")
    .option("--in <FILE=NAME>", "an input under another name, /in/NAME (repeatable)", collectInput)
    .option("-o, --out <DIR>", "directory that gets what the task leaves in /out")
    .option("-f, --force", "replace files that exist: in --out, and the one of --report")
    .option("-e, --env <NAME=VALUE>", "a variable; NAME alone passes yours on (repeatable)", collectVariable)
    .option("--cwd <DIR>", "directory of the guest to start in")
    .option(
      "--allow <TARGET>",
      "let it connect: example.org:443, *.example.org, web, packages (repeatable)",
      collect,
    )
    .option("--policy <FILE>", "a policy document that says what it may reach: see `mayfly policy --help`")
    .option(
      "--rules <FILE>",
      "more rules that say what is worth telling: see `mayfly rules --help` (repeatable)",
      collect,
    )
    .option("--pcap <FILE>", "record all that passes on its connections, for Wireshark")
    .option("--user <NAME>", "user of the guest (default: user, who has no rights)")
    .addOption(
      new Option("--isolation <KIND>", "hardware refuses to run where the machine is only emulated").choices([
        "hardware",
        "any",
      ]),
    );
}

/** Adds what says how the command line behaves. */
export function addMannerOptions(command: Command): Command {
  return command
    .option("--embedded", "do not use the daemon, although one runs")
    .option("--raw", "pass the task's control characters to your terminal unchanged")
    .option("-q, --quiet", "no progress, no summary, no warnings")
    .option("-y, --yes", "install missing system packages without asking");
}

/** A task, and what of it only a caller of the SDK says. */
export type CliTask = TaskRequest & Pick<RunRequest, "pcap"> & Pick<MayflyOptions, "rules">;

/** @throws E_BAD_POLICY, E_INPUT_MISSING, E_INPUT_UNREADABLE for the policy */
export async function taskFrom(
  files: readonly string[],
  options: TaskOptions,
): Promise<Omit<CliTask, "command">> {
  return {
    profile: options.profile,
    inputs: [...files, ...(options.in ?? [])],
    out: options.out,
    pcap: options.pcap,
    rules: options.rules,
    force: options.force,
    env: options.env,
    cwd: options.cwd,
    user: options.user,
    isolation: options.isolation,
    limits: limitsFrom({ ...options }),
    policy: await policyFrom(options),
  };
}

function collect(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}

function collectInput(text: string, earlier: readonly TaskInput[] = []): readonly TaskInput[] {
  const at = text.lastIndexOf("=");
  return [...earlier, at < 0 ? { path: text } : { path: text.slice(0, at), name: text.slice(at + 1) }];
}

function collectVariable(
  text: string,
  earlier: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  const name = at < 0 ? text : text.slice(0, at);
  const value = at < 0 ? process.env[name] : text.slice(at + 1);
  if (value === undefined) {
    throw new MayflyError("E_USAGE", `The variable ${neutralise(name, 60)} is not set here`, {
      next: `Give it a value: --env ${neutralise(name, 60)}=VALUE.`,
    });
  }
  if (at < 0) requireUtf8(value, "environ");
  return { ...earlier, [name]: value };
}
