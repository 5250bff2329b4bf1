import type { Readable } from "node:stream";
import {
  browseByDaemon,
  captureByDaemon,
  openByDaemon,
  openManyByDaemon,
  runByDaemon,
  viewByDaemon,
  type Declined,
  type DistantView,
  type Door,
} from "../client/index.ts";
import type { OpenResult, TaskResult } from "../contract/index.ts";
import { failedDocument } from "../document/index.ts";
import { Recorder } from "../report/index.ts";
import { streamOf } from "./embedded.ts";
import type {
  CaptureRequest,
  MayflyOptions,
  OpenManyRequest,
  OpenRequest,
  RunRequest,
  RunResult,
} from "./options.ts";
import type { BrowseRequest, LiveView, ViewRequest } from "./views.ts";

const NOT_HERE: Declined = { declined: true, why: undefined };

/** Does by the daemon what can be done there, with the results that a Mayfly promises; declines the rest. */
export class ByDaemon {
  readonly #progress: Door["progress"];
  readonly #signal: AbortSignal | undefined;
  readonly #views = new Set<DistantView>();

  constructor({ progress = () => undefined, signal }: Pick<MayflyOptions, "progress" | "signal">) {
    this.#progress = progress;
    this.#signal = signal;
  }

  async run(request: RunRequest): Promise<RunResult | Declined> {
    const { stdin, stdout, stderr, signal, onResize, onStream, onLive, onWitness, ...job } = request;
    if (isAnyGiven(onStream, onLive, onWitness)) return NOT_HERE;
    const gathers = stdout === undefined;
    try {
      return await runByDaemon(this.#door(signal), { ...job, gathers, stdin: stdin !== undefined }, () => ({
        ...{ stdout, stderr, signal, onResize },
        stdin: streamOf(stdin),
      }));
    } catch (cause) {
      return {
        ...failedTask(job.profile ?? "base", cause),
        stdout: Buffer.alloc(0),
        stderr: Buffer.alloc(0),
      };
    }
  }

  async open(source: string | Readable, request: OpenRequest): Promise<OpenResult | Declined> {
    try {
      return await openByDaemon(this.#door(request.signal), source, request);
    } catch (cause) {
      return failedDocument(typeof source === "string" ? source : (request.name ?? "-"), cause);
    }
  }

  async openMany(
    sources: readonly string[],
    request: OpenManyRequest,
  ): Promise<readonly OpenResult[] | Declined> {
    return await openManyByDaemon(this.#door(request.signal), sources, request);
  }

  async capture(address: string, { onStream, ...request }: CaptureRequest): Promise<OpenResult | Declined> {
    if (isAnyGiven(onStream)) return NOT_HERE;
    try {
      return await captureByDaemon(this.#door(request.signal), address, request);
    } catch (cause) {
      return failedDocument(address, cause);
    }
  }

  async view(path: string, request: ViewRequest): Promise<LiveView | Declined> {
    const { serve = true, onLive, onWitness, ...asked } = request;
    if (!serve || isAnyGiven(onLive, onWitness)) return NOT_HERE;
    return this.#shown(await viewByDaemon(this.#door(asked.signal), path, asked), "office-view");
  }

  async browse(url: string, request: BrowseRequest): Promise<LiveView | Declined> {
    const { serve = true, onLive, onWitness, pathOf, onElsewhere, ...asked } = request;
    if (!serve || isAnyGiven(onLive, onWitness, pathOf)) return NOT_HERE;
    const view = await browseByDaemon(this.#door(asked.signal), url, {
      ...asked,
      onElsewhere: (view) => {
        onElsewhere?.(this.#handle(view, "browser"));
      },
    });
    return this.#shown(view, "browser");
  }

  /** Ends the views that it was asked for. */
  async close(): Promise<void> {
    await Promise.all([...this.#views].map(async (view) => await view.end().catch(() => undefined)));
  }

  #shown(view: DistantView | Declined, profile: string): LiveView | Declined {
    return "declined" in view ? view : this.#handle(view, profile);
  }

  /** Its end never rejects. */
  #handle(view: DistantView, profile: string): LiveView {
    this.#views.add(view);
    const ended = view.ended.catch((cause: unknown) => failedTask(profile, cause));
    void ended.then(() => this.#views.delete(view));
    const end = async (): Promise<TaskResult> => {
      view.end().catch(() => undefined); // told by `ended`
      return await ended;
    };
    const { id, name, url, ready } = view;
    return {
      ...{ id, name, url, ready, ended, end },
      picture: async () => await view.picture(),
      attach: () => view.attach(),
      [Symbol.asyncDispose]: async () => {
        await end();
      },
    };
  }

  #door(signal: AbortSignal | undefined): Door {
    const signals = [this.#signal, signal].filter((each) => each !== undefined);
    return { progress: this.#progress, signal: AbortSignal.any(signals) };
  }
}

function isAnyGiven(...values: readonly unknown[]): boolean {
  return values.some((value) => value !== undefined);
}

/** The result of a task whose end nobody saw. */
function failedTask(profile: string, cause: unknown): TaskResult {
  const recorder = new Recorder(profile);
  recorder.failure(cause);
  return recorder.build([]);
}
