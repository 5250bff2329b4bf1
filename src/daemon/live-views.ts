import { createWriteStream, mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ViewStart } from "../contract/api/index.ts";
import {
  MayflyError,
  asMayflyError,
  attempt,
  ignoring,
  neutralise,
  storeFailure,
} from "../foundation/index.ts";
import type { LoopbackSocket } from "../loopback/index.ts";
import type { LiveView, Mayfly, ViewRequest } from "../sdk/index.ts";
import { endingOf } from "./describe.ts";
import { bounded, fileName } from "./handed-over.ts";
import type { DaemonTask, Tasks } from "./tasks.ts";

const OPENING = "Opening it";

/** Pages and documents that are shown live, and what comes out of them, which is kept as safe copies are. */
export class LiveViews {
  readonly #mayfly: Mayfly;
  readonly #tasks: Tasks;
  readonly #directory: string;
  readonly #views = new Map<string, LiveView>();

  /** @param directory of safe copies */
  constructor(mayfly: Mayfly, tasks: Tasks, directory: string) {
    this.#mayfly = mayfly;
    this.#tasks = tasks;
    this.#directory = directory;
    tasks.on("gone", ({ id }) => {
      this.#views.delete(id);
    });
  }

  /** @throws E_USAGE, E_BAD_POLICY, E_STORE_UNWRITABLE */
  async page({ url, perSite = false, ...choices }: ViewStart): Promise<DaemonTask> {
    const task = this.#tasks.begin({ kind: "view", title: url, profile: "browser" });
    return await this.#begin(task, async () => {
      const request = this.#request(task, choices);
      const adopt = (other: LiveView): string => this.#adopt(other);
      return await this.#mayfly.browse(url, { ...request, perSite, pathOf: adopt });
    });
  }

  /** Takes what comes, and shows it. @throws as `page`, and E_INPUT_TOO_LARGE */
  async document(
    name: string,
    content: AsyncIterable<Uint8Array>,
    choices: Pick<ViewStart, "clipboard">,
  ): Promise<DaemonTask> {
    const task = this.#tasks.begin({ kind: "view", title: name, profile: "office-view" });
    return await this.#begin(task, async () => {
      task.step("Taking it in");
      const request = this.#request(task, choices);
      const given = join(this.#directory, task.id, "given");
      const path = join(given, fileName(name));
      mkdirSync(given, { mode: 0o700 });
      await pipeline(Readable.from(bounded(content)), createWriteStream(path, { mode: 0o600, flags: "wx" }));
      const view = await this.#mayfly.view(path, request);
      const forget = (): void => {
        attempt(() => {
          rmSync(given, { recursive: true, force: true });
        }, "removed with the task's copies");
      };
      void ignoring(view.ended.finally(forget), "told by the task");
      return view;
    });
  }

  /** Gives a task's view a tab. */
  attach(id: string, socket: LoopbackSocket): void {
    const view = this.#views.get(id);
    if (view === undefined) socket.close(4404, "no such view");
    else view.attach(socket);
  }

  /** @throws E_UNKNOWN_TASK where nothing is shown */
  async picture(id: string): Promise<Buffer> {
    const picture = await this.#views.get(id)?.picture();
    if (picture !== undefined) return picture;
    throw new MayflyError("E_UNKNOWN_TASK", "Nothing of this task is on a screen");
  }

  #request(task: DaemonTask, { clipboard }: Pick<ViewStart, "clipboard">): ViewRequest {
    const out = join(this.#directory, task.id);
    try {
      mkdirSync(out, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw storeFailure(`the directory ${out}`, cause);
    }
    return {
      out,
      policy: { clipboard, downloads: "safe", printing: "safe" },
      serve: false,
      signal: task.signal,
      onLive: (live) => {
        task.running(live);
        task.step(OPENING);
      },
      onStage: (stage) => {
        if (stage === "shown") task.step("");
      },
      onWitness: (event) => this.#tasks.emit("witness", task, event),
    };
  }

  async #begin(task: DaemonTask, open: () => Promise<LiveView>): Promise<DaemonTask> {
    try {
      this.#follow(task, await open());
    } catch (cause) {
      const { message, exitCode } = asMayflyError(cause);
      task.end({ outcome: message, exitCode });
      throw cause;
    }
    return task;
  }

  /** A page of another site, which a person opened from a view's own page. @returns the path of its page from there */
  #adopt(view: LiveView): string {
    const task = this.#tasks.begin({ kind: "view", title: view.name, profile: "browser" });
    task.signal.addEventListener("abort", () => void view.end());
    this.#follow(task, view);
    return `view/?id=${task.id}`;
  }

  #follow(task: DaemonTask, view: LiveView): void {
    this.#views.set(task.id, view);
    const end = view.ended.then((result) => {
      const copies = result.outputs.map(({ path, bytes }) => ({
        ...{ path: neutralise(basename(path)), bytes },
        file: join(this.#directory, task.id, path),
      }));
      task.end({ ...endingOf(result), copies });
    });
    void ignoring(end, "a view's end never rejects");
  }
}
