import type { ErrorCode } from "../foundation/index.ts";

export interface ToolOptions {
  readonly cwd?: string;
  /** Added to our own environment, in which messages are switched to English so that they can be recognised. */
  readonly env?: Readonly<Record<string, string>>;
  /** Text for standard input, or a file to read it from. Default: nothing (`/dev/null`). */
  readonly input?: string | { readonly file: string };
  /** Milliseconds until the tool and everything that it started is ended. */
  readonly timeoutMs: number;
  /** Sees every line of both outputs, neutralised. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** What the tool gets when we ourselves are killed. `TERM` for tools that then clean up. Default `KILL`. */
  readonly deathSignal?: "KILL" | "TERM";
  /** Code of the error when the tool fails or is late. Default `E_SETUP_FAILED`. */
  readonly failure?: ErrorCode;
  /** Leave the tool in our session, so that it can ask for a password on the terminal. Then only it is ended, not a group. */
  readonly keepTerminal?: boolean;
  /** Exit statuses that are not failures. Default: 0. */
  readonly accept?: readonly number[];
  /** Descriptors of ours that the tool gets as 3, 4, … */
  readonly inherit?: readonly number[];
  /** Most bytes of standard output that are kept; more is a failure. Default 8 MiB. */
  readonly maxOutput?: number;
}
