import type { Duplex } from "node:stream";
import type { Untrusted } from "../foundation/index.ts";

/** A program of the guest, as the guest says. */
export interface AskingProgram {
  readonly pid: number;
  readonly path: Untrusted<string>;
}

/** A stream that a program in the guest asked for: whoever has the channel gives it in. */
export interface AskedStream {
  /** A name, or an address as text. */
  readonly host: Untrusted<string>;
  readonly port: number;
  /** The program's bytes, both ways, each direction ending on its own. To destroy it is to reset the program's connection. */
  readonly duplex: Duplex;
  /** Resets the program's connection. */
  readonly refuse: (why: string) => void;
  /** At most once, at any time. */
  readonly onProgram: (listener: (program: AskingProgram) => void) => void;
}
