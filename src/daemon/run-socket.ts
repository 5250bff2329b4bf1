import { PassThrough } from "node:stream";
import * as v from "valibot";
import type { RawData } from "ws";
import {
  Asked,
  CHANNELS,
  CreditedSink,
  CreditingSource,
  PROTOCOL,
  RUN_PATH,
  differing,
  settingsOf,
  taskOf,
  type Settings,
  type Told,
} from "../client/index.ts";
import type { Limits, Progress, TerminalSize } from "../contract/index.ts";
import { MayflyError, asMayflyError, attempt } from "../foundation/index.ts";
import type { LoopbackApp, LoopbackSocket } from "../loopback/index.ts";
import type { Mayfly } from "../sdk/index.ts";
import { describeOutcome, endingOf } from "./describe.ts";
import type { DaemonTask, Tasks } from "./tasks.ts";

export interface RunHost {
  readonly mayfly: Mayfly;
  readonly tasks: Tasks;
  /** What is being made for the first time is told to everybody who waits. */
  readonly onProgress: (listener: Progress) => () => void;
}

/** Adds the WebSocket by which a command line gives its task to the daemon. Only its owner's socket has it. */
export function addRunSocket(app: LoopbackApp, host: RunHost): void {
  const settings = settingsOf(); // as they were when what runs here was loaded
  app.get(RUN_PATH, { websocket: true }, (socket) => {
    new RunConnection(socket, host, settings);
  });
}

type TaskAsked = Extract<Asked, { type: "task" }>;

/** One task of a client's, as long as its connection lives: a client that goes away takes its task with it. */
class RunConnection {
  readonly #socket: LoopbackSocket;
  readonly #host: RunHost;
  readonly #settings: Settings;
  readonly #gone = new AbortController();
  readonly #stdin = new PassThrough();
  readonly #input: CreditingSource;
  readonly #outputs: Readonly<Record<"stdout" | "stderr", CreditedSink>>;
  #asked: TaskAsked | undefined;
  #task: DaemonTask | undefined;
  #hasBegun = false;
  #isPrepared = false;
  #resize: ((size: TerminalSize) => void) | undefined;

  constructor(socket: LoopbackSocket, host: RunHost, settings: Settings) {
    this.#socket = socket;
    this.#host = host;
    this.#settings = settings;
    this.#outputs = { stdout: this.#output("stdout"), stderr: this.#output("stderr") };
    this.#stdin.on("error", () => undefined); // a task may end without having read it
    this.#input = new CreditingSource(
      this.#stdin,
      (bytes) => {
        this.#say({ type: "credit", channel: "stdin", bytes });
      },
      () => undefined,
    );
    socket.on("message", (data, isBinary) => {
      const bytes = bufferOf(data);
      if (isBinary) this.#bytes(bytes);
      else this.#hear(bytes.toString("utf8"));
    });
    socket.on("close", () => {
      this.#gone.abort(new MayflyError("E_CANCELLED", "The command line went away"));
      for (const output of Object.values(this.#outputs)) output.destroy(lost("the command line went away"));
      this.#stdin.destroy();
      if (!this.#hasBegun && this.#task?.isEnded === false)
        this.#task.end({ outcome: "It went away before it began", exitCode: 130 });
    });
  }

  #hear(text: string): void {
    const parsed = v.safeParse(
      Asked,
      attempt(() => JSON.parse(text) as unknown, "told below"),
    );
    if (!parsed.success) {
      this.#decline("it does not understand the request");
      return;
    }
    this.#take(parsed.output);
  }

  #take(asked: Asked): void {
    switch (asked.type) {
      case "task":
        void this.#prepare(asked);
        return;
      case "go":
        void this.#run(asked.terminal);
        return;
      case "resize":
        this.#resize?.(asked.size);
        return;
      case "stdin-end":
        this.#stdin.end();
        return;
      case "lost":
        if (asked.channel !== "stdin") this.#outputs[asked.channel].destroy(lost(asked.why));
        return;
      case "cancel":
        this.#gone.abort(new MayflyError("E_CANCELLED", "Ended by the command line"));
        if (!this.#hasBegun) this.#fail(new MayflyError("E_CANCELLED", "It was cancelled"));
        return;
      case "credit":
        if (asked.channel !== "stdin") this.#outputs[asked.channel].grant(asked.bytes);
    }
  }

  /** Makes image and template, as a command line does before it hands its terminal over. */
  async #prepare(asked: TaskAsked): Promise<void> {
    if (this.#asked !== undefined) return;
    this.#asked = asked;
    const different = differing(asked.settings, this.#settings);
    if (asked.protocol !== PROTOCOL || different.length > 0) {
      this.#decline(`it was started differently (${different.join(", ") || "protocol"})`);
      return;
    }
    const { command, profile = "base", limits, terminal } = asked.task;
    const kind = terminal === undefined ? "command" : "terminal";
    this.#task = this.#host.tasks.begin({ kind, title: command.join(" "), profile });
    this.#task.signal.addEventListener("abort", () => {
      if (!this.#hasBegun) this.#fail(new MayflyError("E_CANCELLED", "It was ended from outside"));
    });
    const stopTelling = this.#host.onProgress((event) => {
      this.#say({ type: "progress", ...event });
    });
    try {
      await this.#host.mayfly.prepare(profile, { limits: limits as Partial<Limits> | undefined });
      if (this.#gone.signal.aborted || this.#task.isEnded) return;
      this.#isPrepared = true;
      this.#say({ type: "prepared" });
    } catch (cause) {
      this.#fail(asMayflyError(cause));
    } finally {
      stopTelling();
    }
  }

  async #run(size: TerminalSize | undefined): Promise<void> {
    const task = this.#task;
    if (task === undefined || this.#asked === undefined || !this.#isPrepared || this.#hasBegun) return;
    this.#hasBegun = true;
    const { task: wire, stdin, wantsReport } = this.#asked;
    const result = await this.#host.mayfly.run({
      ...taskOf(wire),
      secretEnv: wire.secrets,
      terminal: wire.terminal === undefined ? undefined : (size ?? wire.terminal),
      stdin: stdin ? this.#stdin : undefined,
      ...this.#outputs,
      onResize: (listener) => {
        this.#resize = listener;
      },
      onLive: (live) => {
        task.running(live);
      },
      onWitness: (event) => this.#host.tasks.emit("witness", task, event),
      onReport: (report) => {
        if (wantsReport) this.#say({ type: "report", report: { ...report } });
      },
      signal: AbortSignal.any([this.#gone.signal, task.signal]),
    });
    task.end(endingOf(result));
    this.#say({ type: "result", result: { ...result, stdout: undefined, stderr: undefined } });
  }

  #fail(error: MayflyError): void {
    this.#isPrepared = false;
    if (this.#task?.isEnded === true) return;
    const { code, message, next, log } = error;
    this.#task?.end({
      outcome: describeOutcome({ kind: "failed", code, message, next }),
      exitCode: error.exitCode,
    });
    this.#say({
      type: "failed",
      error: { code, message, log: [...log], ...(next === undefined ? {} : { next }) },
    });
  }

  #decline(why: string): void {
    this.#say({ type: "declined", why });
    this.#socket.close();
  }

  #bytes(data: Buffer): void {
    if (data[0] === CHANNELS.stdin && !this.#stdin.destroyed && !this.#stdin.writableEnded)
      this.#input.write(data.subarray(1));
  }

  #output(channel: "stdout" | "stderr"): CreditedSink {
    const head = Buffer.from([CHANNELS[channel]]);
    const sink = new CreditedSink((chunk) => {
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(Buffer.concat([head, chunk]));
    });
    sink.on("error", () => undefined); // the task is told by its pipeline
    return sink;
  }

  #say(told: Told): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(told));
  }
}

function lost(why: string): MayflyError {
  return new MayflyError("E_CANCELLED", `The reader of the task's output went away: ${why}`);
}

function bufferOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
