import { PassThrough, type Readable } from "node:stream";
import { CHANNELS, CreditedSink, CreditingSource, type Asked } from "../../client/index.ts";
import { MayflyError } from "../../foundation/index.ts";

type Output = "stdout" | "stderr";

interface Wire {
  /** Sends a binary message. */
  readonly bytes: (bytes: Buffer) => void;
  /** The job has taken so many bytes of standard input. */
  readonly credit: (bytes: number) => void;
}

/** The streams of one client's job. */
export class JobStreams {
  readonly outputs: Readonly<Record<Output, CreditedSink>>;
  readonly #stdin = new PassThrough();
  readonly #input: CreditingSource;

  constructor({ bytes, credit }: Wire) {
    const output = (channel: Output): CreditedSink => {
      const head = Buffer.from([CHANNELS[channel]]);
      const sink = new CreditedSink((chunk) => {
        bytes(Buffer.concat([head, chunk]));
      });
      sink.on("error", () => undefined); // the task is told by its pipeline
      return sink;
    };
    this.outputs = { stdout: output("stdout"), stderr: output("stderr") };
    this.#stdin.on("error", () => undefined); // a task may end without having read it
    this.#input = new CreditingSource(this.#stdin, credit, () => undefined);
  }

  get stdin(): Readable {
    return this.#stdin;
  }

  /** A binary message. */
  take(data: Buffer): void {
    if (data[0] === CHANNELS.stdin && !this.#stdin.destroyed && !this.#stdin.writableEnded)
      this.#input.write(data.subarray(1));
  }

  /** What the client says of them; all else is not for them. */
  hear(asked: Asked): void {
    if (asked.type === "stdin-end") this.#stdin.end();
    else if (asked.type === "credit" && asked.channel !== "stdin")
      this.outputs[asked.channel].grant(asked.bytes);
    else if (asked.type === "lost" && asked.channel !== "stdin")
      this.outputs[asked.channel].destroy(lost(asked.why));
  }

  close(why: string): void {
    for (const output of Object.values(this.outputs)) output.destroy(lost(why));
    this.#stdin.destroy();
  }
}

function lost(why: string): MayflyError {
  return new MayflyError("E_CANCELLED", `The reader of the task's output went away: ${why}`);
}
