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
export function usageError(cause: CommanderError, { words, command, lacksCommand }: Asked): MayflyError {
  const [message = "", suggestion] = cause.message.replace(/^error: /, "").split("\n");
  const help = command === undefined ? "mayfly --help" : `mayfly ${command.name()} --help`;
  const next = suggestion?.replace(/^\(|\)$/g, "") ?? `See \`${help}\`.`;
  const inner = command?.commands.map((each) => each.name()) ?? [];
  const last = neutralise(words.at(-1) ?? "", 60);
  if (cause.code === "commander.help") return usage(`There is no command "${last}"`, next);
  if (cause.code === "commander.excessArguments" && inner.length > 0 && words.length === 2) {
    return usage(`\`mayfly ${command?.name() ?? ""}\` has no "${last}"`, `It has ${inner.join(", ")}.`);
  }
  const isMisplaced = lacksCommand && cause.code === "commander.unknownOption";
  const hint = isMisplaced ? "The command to run, with its options, comes after `--`. " : "";
  return usage(message.charAt(0).toUpperCase() + message.slice(1), hint + next);
}

function usage(message: string, next: string): MayflyError {
  return new MayflyError("E_USAGE", message, { next });
}
