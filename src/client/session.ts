import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as v from "valibot";
import { WebSocket, type RawData } from "ws";
import type { Progress, ProgressEvent, SignedReport, TaskResult, TerminalSize } from "../contract/index.ts";
import {
  ERROR_CODES,
  MayflyError,
  attempt,
  deferred,
  ignoring,
  type ErrorCode,
} from "../foundation/index.ts";
import { CreditedSink, CreditingSource } from "./flow.ts";
import { portableTask, type LocalTask } from "./portable.ts";
import { settingsOf } from "./settings.ts";
import { CHANNELS, LARGEST_TOLD, PROTOCOL, RUN_PATH, Told, type Asked } from "./wire.ts";

/** Where a task's streams go on this side. */
export interface SessionStreams {
  readonly stdin?: Readable | undefined;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly terminal?: TerminalSize | undefined;
  readonly onResize?: ((listener: (size: TerminalSize) => void) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onReport?: ((report: SignedReport) => void) | undefined;
}

export interface Session {
  /** Lets the task begin. Resolves with its result; rejects with `E_DAEMON` where the daemon ends before. */
  run(streams: SessionStreams): Promise<TaskResult>;
  close(): void;
}

export interface SessionRequest {
  readonly task: LocalTask;
  readonly hasStdin: boolean;
  readonly wantsReport: boolean;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Why a task is not given to the daemon; `why` is undefined where there is nothing to tell. */
export interface Declined {
  readonly declined: true;
  readonly why: string | undefined;
}

const HANDSHAKE_MS = 5_000;

/**
 * Gives a task to the daemon, if there is one that can stand for this process. When it resolves with a session, image and
 * template are there, and the task waits for `run`.
 * @throws what making image and template throws there
 */
export async function openSession(
  socketPath: string,
  { task, hasStdin, wantsReport, progress, signal }: SessionRequest,
): Promise<Session | Declined> {
  const portable = portableTask(task);
  if (portable === undefined) return { declined: true, why: undefined };
  const socket = await connect(socketPath);
  if (!(socket instanceof WebSocket)) return socket;
  const link = new Link(socket);
  const cancel = (): void => {
    link.say({ type: "cancel" });
  };
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    link.say({
      type: "task",
      protocol: PROTOCOL,
      settings: settingsOf(),
      task: portable,
      stdin: hasStdin,
      wantsReport,
    });
    const ready = await link.ready(progress);
    if (ready !== undefined) return ready;
    return link;
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}

async function connect(path: string): Promise<WebSocket | Declined> {
  const socket = new WebSocket(`ws+unix:${path}:${RUN_PATH}`, {
    maxPayload: LARGEST_TOLD,
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_MS,
  });
  return await new Promise((resolve) => {
    socket.once("open", () => {
      resolve(socket);
    });
    socket.once("error", (cause: NodeJS.ErrnoException) => {
      const isNone = cause.code === "ENOENT" || cause.code === "ECONNREFUSED";
      resolve({ declined: true, why: isNone ? undefined : `it does not answer (${cause.message})` });
    });
  });
}

class Link implements Session {
  readonly #socket: WebSocket;
  readonly #result = deferred<TaskResult>();
  readonly #ready = deferred<Declined | undefined>();
  #progress: Progress = () => undefined;
  #onReport: SessionStreams["onReport"];
  #input: CreditedSink | undefined;
  #outputs: Partial<Record<"stdout" | "stderr", CreditingSource>> = {};

  constructor(socket: WebSocket) {
    this.#socket = socket;
    ignoringUnused(this.#result.promise);
    ignoringUnused(this.#ready.promise);
    socket.on("message", (data, isBinary) => {
      if (isBinary) this.#bytes(bufferOf(data));
      else this.#told(bufferOf(data).toString("utf8"));
    });
    socket.on("error", () => undefined); // what follows is its close
    socket.on("close", () => {
      this.#fail(gone());
    });
  }

  say(asked: Asked): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(asked));
  }

  /** @returns undefined when the task may begin @throws what the daemon failed with, E_DAEMON */
  async ready(progress: Progress): Promise<Declined | undefined> {
    this.#progress = progress;
    return await this.#ready.promise;
  }

  async run({
    stdin,
    stdout,
    stderr,
    terminal,
    onResize,
    signal,
    onReport,
  }: SessionStreams): Promise<TaskResult> {
    this.#onReport = onReport;
    this.#outputs = { stdout: this.#output("stdout", stdout), stderr: this.#output("stderr", stderr) };
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
      await Promise.all(
        Object.values(this.#outputs).map(async (output) => {
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
        if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(Buffer.concat([head, chunk]));
      },
      () => {
        this.say({ type: "stdin-end" });
      },
    );
    await ignoring(pipeline(stdin, this.#input), "a task may end without having read all its input");
  }

  #bytes(data: Buffer): void {
    const [channel] = data;
    const name = channel === CHANNELS.stdout ? "stdout" : "stderr";
    this.#outputs[name]?.write(data.subarray(1));
  }

  #told(text: string): void {
    const parsed = v.safeParse(
      Told,
      attempt(() => JSON.parse(text) as unknown, "told below"),
    );
    if (!parsed.success) {
      this.#fail(new MayflyError("E_DAEMON", "The daemon said what is not understood", { next: RESTART }));
      this.#socket.terminate();
      return;
    }
    this.#take(parsed.output);
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
      case "report":
        this.#onReport?.(told.report as unknown as SignedReport);
        return;
      case "result":
        this.#result.resolve(told.result as unknown as TaskResult);
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

function progressIn({ step, detail, fraction }: Extract<Told, { type: "progress" }>): ProgressEvent {
  return {
    step,
    ...(detail === undefined ? {} : { detail }),
    ...(fraction === undefined ? {} : { fraction }),
  };
}

const RESTART = "Start it again: mayfly down, mayfly up --detach. Without it: MAYFLY_DAEMON=off.";

function gone(): MayflyError {
  return new MayflyError("E_DAEMON", "The daemon ended while the task ran; its micro-VM ended with it", {
    next: RESTART,
  });
}

function failureOf({ code, message, next, log }: Extract<Told, { type: "failed" }>["error"]): MayflyError {
  const known = (code in ERROR_CODES ? code : "E_INTERNAL") as ErrorCode;
  return new MayflyError(known, message, { log, ...(next === undefined ? {} : { next }) });
}

function bufferOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** Whoever waits is told; nobody has to. */
function ignoringUnused(promise: Promise<unknown>): void {
  promise.catch(() => undefined);
}
