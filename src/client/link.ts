import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as v from "valibot";
import type { WebSocket } from "ws";
import type { Progress, ProgressEvent, SignedReport, TerminalSize } from "../contract/index.ts";
import {
  ERROR_CODES,
  MayflyError,
  asMayflyError,
  attempt,
  deferred,
  ignoring,
  type ErrorCode,
} from "../foundation/index.ts";
import { CreditedSink, CreditingSource } from "./flow.ts";
import type { News } from "./jobs.ts";
import { bytesOf } from "./websocket.ts";
import { CHANNELS, Told, type Asked } from "./wire.ts";

/** What a job has on this side: its streams, and who is told of it. */
export interface JobSide {
  readonly stdin?: Readable | undefined;
  readonly stdout?: Writable | undefined;
  readonly stderr?: Writable | undefined;
  readonly terminal?: TerminalSize | undefined;
  readonly onResize?: ((listener: (size: TerminalSize) => void) => void) | undefined;
  /** Ends the job at once. */
  readonly signal?: AbortSignal | undefined;
  readonly onNews?: ((news: News) => void) | undefined;
  readonly onReport?: ((report: SignedReport) => void) | undefined;
}

/** Why a job is not done by the daemon; `why` is undefined where there is nothing to tell. */
export interface Declined {
  readonly declined: true;
  readonly why: string | undefined;
}

/** This end of a connection: one job. */
export class Link {
  readonly #socket: WebSocket;
  readonly #progress: Progress;
  readonly #ready = deferred<Declined | undefined>();
  readonly #result = deferred<object>();
  #side: JobSide = {};
  #input: CreditedSink | undefined;
  readonly #outputs: Partial<Record<"stdout" | "stderr", CreditingSource>> = {};

  constructor(socket: WebSocket, progress: Progress) {
    this.#socket = socket;
    this.#progress = progress;
    socket.on("message", (data, isBinary) => {
      if (isBinary) this.#bytes(bytesOf(data));
      else this.#hear(bytesOf(data).toString("utf8"));
    });
    socket.on("error", () => undefined); // what follows is its close
    socket.on("close", () => {
      this.#fail(gone());
    });
  }

  say(asked: Asked): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(asked));
  }

  /** @returns undefined when the job may begin @throws what the daemon failed with, E_DAEMON */
  async ready(): Promise<Declined | undefined> {
    return await this.#ready.promise;
  }

  /**
   * Lets the job begin, and connects its streams; settles when it has ended and all that it wrote was taken.
   * @throws what the daemon failed with; E_DAEMON where it ends before the job
   */
  async begin(side: JobSide): Promise<object> {
    const { stdin, stdout, stderr, terminal, onResize, signal } = side;
    this.#side = side;
    if (stdout !== undefined) this.#outputs.stdout = this.#output("stdout", stdout);
    if (stderr !== undefined) this.#outputs.stderr = this.#output("stderr", stderr);
    const feeding = stdin === undefined ? undefined : this.#feed(stdin);
    onResize?.((size) => {
      this.say({ type: "resize", size });
    });
    const cancel = (): void => {
      this.say({ type: "cancel" });
    };
    signal?.addEventListener("abort", cancel, { once: true });
    this.say({ type: "go", terminal });
    if (signal?.aborted === true) cancel();
    try {
      const result = await this.#result.promise;
      const outputs = Object.values(this.#outputs);
      await Promise.all(
        outputs.map(async (output) => {
          await output.flushed();
        }),
      );
      return result;
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#input?.destroy();
      await feeding;
      this.close();
    }
  }

  close(): void {
    this.#socket.close();
    this.#socket.terminate();
  }

  #output(channel: "stdout" | "stderr", to: Writable): CreditingSource {
    return new CreditingSource(
      to,
      (bytes) => {
        this.say({ type: "credit", channel, bytes });
      },
      (why) => {
        this.say({ type: "lost", channel, why });
      },
    );
  }

  async #feed(stdin: Readable): Promise<void> {
    const head = Buffer.from([CHANNELS.stdin]);
    this.#input = new CreditedSink(
      (chunk) => {
        if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(Buffer.concat([head, chunk]));
      },
      () => {
        this.say({ type: "stdin-end" });
      },
    );
    await ignoring(pipeline(stdin, this.#input), "a task may end without having read all its input");
  }

  #bytes(data: Buffer): void {
    const name = data[0] === CHANNELS.stdout ? "stdout" : "stderr";
    this.#outputs[name]?.write(data.subarray(1));
  }

  #hear(text: string): void {
    const parsed = v.safeParse(
      Told,
      attempt(() => JSON.parse(text) as unknown, "told below"),
    );
    if (!parsed.success) {
      this.#fail(new MayflyError("E_DAEMON", "The daemon said what is not understood", { next: RESTART }));
      this.#socket.terminate();
      return;
    }
    try {
      this.#take(parsed.output);
    } catch (cause) {
      // Whoever is told threw: the job is over, as it would be without a daemon.
      this.#fail(asMayflyError(cause));
      this.say({ type: "cancel" });
    }
  }

  #take(told: Told): void {
    switch (told.type) {
      case "declined":
        this.#ready.resolve({ declined: true, why: told.why });
        this.close();
        return;
      case "progress":
        this.#progress(progressIn(told));
        return;
      case "prepared":
        this.#ready.resolve(undefined);
        return;
      case "failed":
        this.#fail(failureOf(told.error));
        return;
      case "news":
        this.#side.onNews?.(told.news);
        return;
      case "report":
        this.#side.onReport?.(told.report as unknown as SignedReport);
        return;
      case "result":
        this.#result.resolve(told.result);
        return;
      case "credit":
        this.#input?.grant(told.bytes); // the only channel that is ours to fill
    }
  }

  #fail(cause: MayflyError): void {
    this.#ready.reject(cause);
    this.#result.reject(cause);
  }
}

const RESTART = "Start it again: mayfly down, mayfly up --detach. Without it: MAYFLY_DAEMON=off.";

function gone(): MayflyError {
  return new MayflyError("E_DAEMON", "The daemon ended while the task ran; its micro-VM ended with it", {
    next: RESTART,
  });
}

function progressIn({ step, detail, fraction }: Extract<Told, { type: "progress" }>): ProgressEvent {
  return {
    step,
    ...(detail === undefined ? {} : { detail }),
    ...(fraction === undefined ? {} : { fraction }),
  };
}

function failureOf({ code, message, next, log }: Extract<Told, { type: "failed" }>["error"]): MayflyError {
  const known = (code in ERROR_CODES ? code : "E_INTERNAL") as ErrorCode;
  return new MayflyError(known, message, { log, ...(next === undefined ? {} : { next }) });
}
