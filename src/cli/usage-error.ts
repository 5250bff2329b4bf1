import type { Command, CommanderError } from "commander";
import { MayflyError, neutralise } from "../foundation/index.ts";

interface Asked {
  /** The words before `--`. */
  readonly words: readonly string[];
  /** The command that was named first, if there is one of that name. */
  readonly command: Command | undefined;
  /** Whether it takes another program's command line after `--`, and there is none. */
  readonly lacksCommand: boolean;
}

/** Commander's complaint in our words: what is wrong, and what to type instead. */
export function usageError(cause: CommanderError, asked: Asked): MayflyError {
  return unknownWord(cause, asked) ?? ownWords(cause, asked);
}

/** A word that names no command, which commander takes for help asked or for an argument too many. */
function unknownWord({ code }: CommanderError, { words, command }: Asked): MayflyError | undefined {
  const inner = command?.commands.map((each) => each.name()) ?? [];
  const last = neutralise(words.at(-1) ?? "", 60);
  if (code === "commander.help") return usage(`There is no command "${last}"`, "See `mayfly --help`.");
  if (code !== "commander.excessArguments" || inner.length === 0 || words.length !== 2) return undefined;
  return usage(`\`mayfly ${command?.name() ?? ""}\` has no "${last}"`, `It has ${inner.join(", ")}.`);
}

function ownWords({ code, message }: CommanderError, { command, lacksCommand }: Asked): MayflyError {
  const [first = "", suggestion] = message.replace(/^error: /, "").split("\n");
  const help = command === undefined ? "mayfly --help" : `mayfly ${command.name()} --help`;
  const next = suggestion?.replace(/^\(|\)$/g, "") ?? `See \`${help}\`.`;
  const isMisplaced = lacksCommand && code === "commander.unknownOption";
  const hint = isMisplaced ? "The command to run, with its options, comes after `--`. " : "";
  return usage(first.charAt(0).toUpperCase() + first.slice(1), hint + next);
}

function usage(message: string, next: string): MayflyError {
  return new MayflyError("E_USAGE", message, { next });
}
