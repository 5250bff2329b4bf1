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
  inStore,
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
      this.#views.delete(this.#views.get(id)?.id ?? id);
      this.#views.delete(id);
    });
  }

  /** @throws E_USAGE, E_BAD_POLICY, E_STORE_UNWRITABLE */
  async page({ url, perSite = false, ...choices }: ViewStart): Promise<DaemonTask> {
    const task = this.#tasks.begin({ kind: "view", title: url, profile: "browser" });
    return await this.#begin(task, async () => {
      const request = this.#request(task, choices);
      // What comes out of it lies where the first one's does.
      const pathOf = (other: LiveView): string => this.#adopt(other, join(this.#directory, task.id));
      return await this.#mayfly.browse(url, { ...request, perSite, pathOf });
    });
  }

  /** Takes what comes, and shows it. @throws as `page`, and E_INPUT_TOO_LARGE, E_DISK_FULL */
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
      await inStore(this.#directory, async () => {
        mkdirSync(given, { mode: 0o700 });
        const file = createWriteStream(path, { mode: 0o600, flags: "wx" });
        await pipeline(Readable.from(bounded(content)), file);
      });
      const view = await this.#mayfly.view(path, request);
      void ignoring(
        view.ended.finally(() => {
          this.#forget(given);
        }),
        "told by the task",
      );
      return view;
    });
  }

  /** Shows a view where tasks are looked at, and ends its task with it. @param directory of what comes out, where that is kept */
  follow(task: DaemonTask, view: LiveView, directory?: string): void {
    // The page of another site is told by the view's own id where the view has an address of its own.
    for (const id of [task.id, view.id]) this.#views.set(id, view);
    const end = view.ended.then((result) => {
      const outputs = directory === undefined ? [] : result.outputs;
      const copies = outputs.map(({ path, bytes }) => ({
        ...{ path: neutralise(basename(path)), bytes },
        file: join(directory ?? "", path),
      }));
      task.end({ ...endingOf(result), copies });
    });
    void ignoring(end, "a view's end never rejects");
  }

  /** The task of a page of another site, which a person opened from a view's own page. */
  beginElsewhere(view: LiveView): DaemonTask {
    const task = this.#tasks.begin({ kind: "view", title: view.name, profile: "browser" });
    task.signal.addEventListener("abort", () => void view.end());
    return task;
  }

  /** Gives a view a tab. @param id of its task, or its own */
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
      this.follow(task, await open(), join(this.#directory, task.id));
    } catch (cause) {
      const { message, exitCode } = asMayflyError(cause);
      this.#forget(join(this.#directory, task.id));
      task.end({ outcome: message, exitCode });
      throw cause;
    }
    return task;
  }

  #forget(path: string): void {
    attempt(() => {
      rmSync(path, { recursive: true, force: true });
    }, "removed with the task's copies");
  }

  /** @returns the path of its page from the one that it was opened from */
  #adopt(view: LiveView, directory: string): string {
    const task = this.beginElsewhere(view);
    this.follow(task, view, directory);
    return `view/?id=${task.id}`;
  }
}
