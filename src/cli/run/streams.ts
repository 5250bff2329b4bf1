import { Writable, type Readable } from "node:stream";
import type { JobSide } from "../../client/index.ts";
import type { TerminalSize } from "../../contract/index.ts";
import { enterRawMode } from "../terminal/raw-mode.ts";
import { ScreenFilter } from "../terminal/screen-filter.ts";
import { SessionEnd } from "../terminal/session-end.ts";
import { VisibleText } from "../terminal/visible-text.ts";

/** Where a task's streams go. */
export interface StreamChoice {
  /** A terminal of its own for the task. */
  readonly terminal: boolean;
  /** Whether our standard input is the task's; undefined: only where it is no terminal. */
  readonly stdin: boolean | undefined;
  /** Gather the output for a JSON document instead of passing it on. */
  readonly gather: boolean;
  /** Leave control characters as they are. */
  readonly raw: boolean;
  /** The output goes nowhere. */
  readonly hidden?: boolean;
}

export interface OpenStreams {
  readonly request: Pick<JobSide, "stdin" | "stdout" | "stderr" | "terminal" | "onResize">;
  /** Everything is shown, and the terminal is as it was, its cursor at the beginning of a line. */
  close(): Promise<void>;
}

/** Connects our standard streams. @param endSession called when a person leaves a terminal session by `~.` */
export function openStreams(choice: StreamChoice, endSession: () => void): OpenStreams {
  const terminal = choice.terminal && !choice.gather;
  const filters = choice.gather ? [] : [outputFor(process.stdout, choice), outputFor(process.stderr, choice)];
  const [stdout, stderr] = filters;
  const leaveRawMode = terminal ? enterRawMode() : undefined;
  return {
    request: {
      stdin: inputFor(choice, terminal ? endSession : undefined),
      stdout: stdout?.sink,
      stderr: stderr?.sink,
      terminal: choice.terminal ? terminalSize() : undefined,
      onResize: terminal
        ? (listener) => {
            process.stdout.on("resize", () => {
              listener(terminalSize());
            });
          }
        : undefined,
    },
    async close() {
      await Promise.all(
        filters.map(async ({ end }) => {
          await end();
        }),
      );
      await leaveRawMode?.();
      process.stdin.pause();
    },
  };
}

const LINE_FEED = 0x0a;

interface Output {
  readonly sink: Writable;
  readonly end: () => Promise<void>;
}

function nowhere(): Output {
  const sink = new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
  return {
    sink,
    end: async () => {
      await Promise.resolve();
    },
  };
}

/** Pipes and files get every byte as it is; a terminal gets what cannot harm it. */
function outputFor(stream: NodeJS.WriteStream, { raw, terminal, hidden }: StreamChoice): Output {
  if (hidden === true) return nowhere();
  if (!stream.isTTY || raw)
    return {
      sink: stream,
      end: async () => {
        await Promise.resolve();
      },
    };
  const filter = terminal ? new ScreenFilter() : new VisibleText();
  let last = LINE_FEED;
  let isUsed = false;
  filter.on("data", (chunk: Buffer) => {
    isUsed = true;
    last = chunk.at(-1) ?? last;
  });
  filter.pipe(stream, { end: false });
  return {
    sink: filter,
    async end() {
      await new Promise<void>((resolve) =>
        filter
          .once("end", resolve)
          .once("error", () => {
            resolve();
          })
          .end(),
      );
      // A task on a terminal has one stream: the other one's filter changed nothing.
      if (isUsed && filter instanceof ScreenFilter) stream.write(filter.undo());
      if (last !== LINE_FEED) stream.write("\n");
    },
  };
}

/** Whether our standard input will be the task's. */
export function readsInput({ terminal, gather, stdin }: StreamChoice): boolean {
  return (terminal && !gather) || (stdin ?? !process.stdin.isTTY);
}

function inputFor(choice: StreamChoice, endSession: (() => void) | undefined): Readable | undefined {
  if (!readsInput(choice)) return undefined;
  // A Readable of its own: the task's end destroys it, while ours is still needed to restore the terminal.
  const watched =
    endSession !== undefined && process.stdin.isTTY
      ? process.stdin.pipe(new SessionEnd(endSession))
      : process.stdin;
  return watched;
}

function terminalSize(): TerminalSize {
  return { rows: process.stdout.rows || 24, columns: process.stdout.columns || 80 };
}
