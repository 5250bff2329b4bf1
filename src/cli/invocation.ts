import type { Command } from "commander";
import type { Interruption } from "./interruption.ts";

/** One start of the program: what its command needs beside its own options, and what it leaves. */
export interface Invocation {
  /** The words after the first `--`; undefined where there is none. */
  readonly commandWords: readonly string[] | undefined;
  readonly interruption: Interruption;
  /** The whole command line, every command loaded: for what describes it. */
  readonly wholeProgram: () => Promise<Command>;
  /** Exit status, where nothing is thrown. */
  status: number;
}
