import * as v from "valibot";
import { Asked, PROTOCOL, bytesOf, differing, type Settings, type Told } from "../../client/index.ts";
import type { TerminalSize } from "../../contract/index.ts";
import { MayflyError, asMayflyError, attempt } from "../../foundation/index.ts";
import type { LoopbackSocket } from "../../loopback/index.ts";
import { describeOutcome } from "../describe.ts";
import type { DaemonTask } from "../tasks.ts";
import type { Desk, JobHost, Listener } from "./desk.ts";
import { aboutJob, performJob } from "./performers.ts";
import { JobStreams } from "./streams.ts";

type AskedJob = Extract<Asked, { type: "ask" }>;

/** One job of a client's, as long as its connection lives: a client that goes away takes its job with it. */
export class JobConnection {
  readonly #socket: LoopbackSocket;
  readonly #host: JobHost;
  readonly #settings: Settings;
  readonly #gone = new AbortController();
  readonly #streams: JobStreams;
  #asked: AskedJob | undefined;
  #task: DaemonTask | undefined;
  #state: "new" | "preparing" | "ready" | "begun" | "over" = "new";
  #resize: ((size: TerminalSize) => void) | undefined;
  #listener: Listener | undefined;

  /** @param settings as they were when what runs here was loaded */
  constructor(socket: LoopbackSocket, host: JobHost, settings: Settings) {
    this.#socket = socket;
    this.#host = host;
    this.#settings = settings;
    this.#streams = new JobStreams({
      bytes: (bytes) => {
        if (socket.readyState === socket.OPEN) socket.send(bytes);
      },
      credit: (bytes) => {
        this.#say({ type: "credit", channel: "stdin", bytes });
      },
    });
    socket.on("message", (data, isBinary) => {
      const bytes = bytesOf(data);
      if (isBinary) this.#streams.take(bytes);
      else this.#hear(bytes.toString("utf8"));
    });
    socket.on("close", () => {
      this.#gone.abort(new MayflyError("E_CANCELLED", "The command line went away"));
      this.#streams.close("the command line went away");
      if (!this.#hasBegun && this.#task?.isEnded === false)
        this.#task.end({ outcome: "It went away before it began", exitCode: 130 });
    });
  }

  #hear(text: string): void {
    const parsed = v.safeParse(
      Asked,
      attempt(() => JSON.parse(text) as unknown, "told below"),
    );
    if (parsed.success) this.#take(parsed.output);
    else this.#decline("it does not understand the request");
  }

  #take(asked: Asked): void {
    switch (asked.type) {
      case "ask":
        void this.#ask(asked);
        return;
      case "go":
        void this.#begin(asked.terminal);
        return;
      case "resize":
        this.#resize?.(asked.size);
        return;
      case "cancel":
        this.#gone.abort(new MayflyError("E_CANCELLED", "Ended by the command line"));
        if (!this.#hasBegun) this.#fail(new MayflyError("E_CANCELLED", "It was cancelled"));
        return;
      default:
        this.#streams.hear(asked);
        this.#listener?.(asked);
    }
  }

  get #hasBegun(): boolean {
    return this.#state === "begun" || this.#state === "over";
  }

  /** Makes image and template, as a command line does before it hands its terminal over. */
  async #ask(asked: AskedJob): Promise<void> {
    if (this.#state !== "new") return;
    this.#state = "preparing";
    this.#asked = asked;
    const different = differing(asked.settings, this.#settings);
    if (asked.protocol !== PROTOCOL || different.length > 0) {
      this.#decline(`it was started differently (${different.join(", ") || "protocol"})`);
      return;
    }
    const about = aboutJob(asked.job);
    const task = (this.#task = this.#host.tasks.begin(about));
    task.signal.addEventListener("abort", () => {
      if (!this.#hasBegun) this.#fail(new MayflyError("E_CANCELLED", "It was ended from outside"));
    });
    const stopTelling = this.#host.onProgress((event) => {
      this.#say({ type: "progress", ...event });
    });
    try {
      await this.#host.mayfly.prepare(about.profile, { limits: asked.job.limits });
      if (this.#gone.signal.aborted || task.isEnded) return;
      this.#state = "ready";
      this.#say({ type: "prepared" });
    } catch (cause) {
      this.#fail(asMayflyError(cause));
    } finally {
      stopTelling();
    }
  }

  async #begin(size: TerminalSize | undefined): Promise<void> {
    if (this.#state !== "ready" || this.#asked === undefined || this.#task === undefined) return;
    this.#state = "begun";
    try {
      const desk = this.#desk(this.#task, size);
      const result = await performJob(this.#asked.job, desk, this.#host);
      this.#state = "over";
      this.#say({ type: "result", result: { ...result } });
    } catch (cause) {
      this.#fail(asMayflyError(cause));
    }
  }

  #desk(task: DaemonTask, size: TerminalSize | undefined): Desk {
    return {
      task,
      size,
      signal: AbortSignal.any([this.#gone.signal, task.signal]),
      stdin: this.#streams.stdin,
      outputs: this.#streams.outputs,
      onResize: (listener) => {
        this.#resize = listener;
      },
      listen: (listener) => {
        this.#listener = listener;
      },
      news: (news) => {
        this.#say({ type: "news", news });
      },
      report: (report) => {
        this.#say({ type: "report", report: { ...report } });
      },
    };
  }

  #fail(error: MayflyError): void {
    if (this.#state === "over") return;
    this.#state = "over";
    const { code, message, next, log } = error;
    if (this.#task?.isEnded === false)
      this.#task.end({
        outcome: describeOutcome({ kind: "failed", code, message, next }),
        exitCode: error.exitCode,
      });
    this.#say({
      type: "failed",
      error: { code, message, log: [...log], ...(next === undefined ? {} : { next }) },
    });
  }

  #decline(why: string): void {
    this.#state = "over";
    this.#say({ type: "declined", why });
    this.#socket.close();
  }

  #say(told: Told): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(told));
  }
}
