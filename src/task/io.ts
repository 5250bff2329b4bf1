import { Writable, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { GuestProcess } from "../channel/index.ts";
import type { TerminalSize } from "../contract/index.ts";
import { ignoring } from "../foundation/index.ts";
import type { LimitWatch } from "./limits.ts";

/** Takes output as it comes. The task's command has ended when this has settled; what it throws ends the task. */
export type OutputConsumer = (output: AsyncIterable<Buffer>) => Promise<void>;

/** Where a task's streams go. What is left out is empty or dropped. */
export interface TaskIo {
  readonly stdin?: Readable | undefined;
  readonly stdout?: Writable | OutputConsumer | undefined;
  readonly stderr?: Writable | OutputConsumer | undefined;
  /** Tells of new sizes of the terminal that the task sees. */
  readonly onResize?: ((listener: (size: TerminalSize) => void) => void) | undefined;
  /** Called at the first byte of either output. */
  readonly onFirstByte?: (() => void) | undefined;
}

/**
 * Connects the task's streams. Settles when both outputs have ended and were written; rejects where one of ours cannot
 * be written to any more (its reader went away).
 */
export async function connectStreams(guest: GuestProcess, io: TaskIo, watch: LimitWatch): Promise<void> {
  feed(guest, io.stdin);
  io.onResize?.(({ rows, columns }) => {
    guest.resize(rows, columns);
  });
  await Promise.all([
    drain(guest.stdout, io.stdout, { io, watch }),
    drain(guest.stderr, io.stderr, { io, watch }),
  ]);
}

function feed(guest: GuestProcess, stdin: Readable | undefined): void {
  if (stdin === undefined) guest.stdin.end();
  else void ignoring(pipeline(stdin, guest.stdin), "a task may end without having read all its input");
}

async function drain(
  from: Readable,
  to: Writable | OutputConsumer | undefined,
  { io, watch }: { io: TaskIo; watch: LimitWatch },
): Promise<void> {
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      io.onFirstByte?.();
      if (!watch.countOutput(chunk.length)) return;
      yield chunk;
    }
  }
  if (typeof to === "function") await pipeline(from, counted, to);
  else await pipeline(from, counted, to ?? nowhere(), { end: to === undefined });
}

function nowhere(): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
}
