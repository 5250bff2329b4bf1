import type { Argument, Command, Option } from "commander";

/** What a completion script must know of a command; all of it comes from the command line's own definition. */
export interface CompletionNode {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletionOption[];
  /** What its own words are: files unless a list is known. */
  readonly words: readonly string[];
  readonly children: readonly CompletionNode[];
}

export interface CompletionOption {
  /** `-o` and `--out`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** What it takes: nothing, a word of a list, or anything (files are offered). */
  readonly takes: "nothing" | "anything" | readonly string[];
}

/** Names of profiles, which change with the installation and not with the program. */
export interface KnownWords {
  readonly profiles: readonly string[];
}

export function describeCommand(command: Command, known: KnownWords): CompletionNode {
  const help = command.createHelp();
  return {
    name: command.name(),
    summary: firstLine(command.summary() || command.description()),
    options: help.visibleOptions(command).map((option) => describeOption(option, known)),
    words: command.registeredArguments.flatMap((argument) => wordsOf(argument, known)),
    children: help.visibleCommands(command).map((child) => describeCommand(child, known)),
  };
}

function describeOption(
  { short, long, required, optional, argChoices, flags, description }: Option,
  known: KnownWords,
): CompletionOption {
  const takesValue = required || optional;
  const list =
    argChoices ?? (flags.includes("<PROFILE") || long === "--profile" ? known.profiles : undefined);
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description: firstLine(description),
    takes: takesValue ? (list ?? "anything") : "nothing",
  };
}

function wordsOf(argument: Argument, { profiles }: KnownWords): readonly string[] {
  return argument.argChoices ?? (argument.name() === "PROFILE" ? profiles : []);
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}
