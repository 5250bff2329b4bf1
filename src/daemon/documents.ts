import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import type { SafeForm } from "../contract/index.ts";
import { attempt, neutralise, storeFailure } from "../foundation/index.ts";
import type { Mayfly } from "../sdk/index.ts";
import { DOCUMENT_STEPS, documentEnding, pageStep } from "./describe.ts";
import { bounded, fileName } from "./handed-over.ts";
import type { DaemonTask, Tasks } from "./tasks.ts";

/** Documents that were handed over, and their safe copies, which are kept until the daemon ends or forgets the task. */
export class Documents {
  readonly #mayfly: Mayfly;
  readonly #tasks: Tasks;
  readonly #directory: string;

  /** Removes what an earlier daemon left. @param directory of safe copies @throws E_STORE_UNWRITABLE, E_DISK_FULL */
  constructor(mayfly: Mayfly, tasks: Tasks, directory: string) {
    this.#mayfly = mayfly;
    this.#tasks = tasks;
    this.#directory = directory;
    this.clear();
    tasks.on("gone", ({ id }) => {
      this.#remove(id);
    });
  }

  /** Opens what comes; the task is told of at once, its copies when they are made. @throws E_STORE_UNWRITABLE, E_DISK_FULL */
  open(
    name: string,
    content: AsyncIterable<Uint8Array>,
    as: SafeForm | undefined,
  ): { task: DaemonTask; done: Promise<void> } {
    const task = this.#tasks.begin({ kind: "document", title: name, profile: "office" });
    return { task, done: this.#convert(task, { name, content, as }) };
  }

  clear(): void {
    attempt(() => {
      rmSync(this.#directory, { recursive: true, force: true });
    }, "told when it is written to");
  }

  async #convert(
    task: DaemonTask,
    { name, content, as }: { name: string; content: AsyncIterable<Uint8Array>; as: SafeForm | undefined },
  ): Promise<void> {
    const out = join(this.#directory, task.id);
    try {
      mkdirSync(out, { recursive: true, mode: 0o700 });
    } catch (cause) {
      const failure = storeFailure(`the directory ${out}`, cause);
      task.end({ outcome: failure.message, exitCode: failure.exitCode });
      throw failure;
    }
    const result = await this.#mayfly.open(Readable.from(bounded(content)), {
      name: fileName(name),
      as,
      out,
      signal: task.signal,
      onStage: (stage) => {
        task.step(DOCUMENT_STEPS[stage]);
      },
      onPage: (done, of) => {
        task.step(pageStep(done, of));
      },
    });
    const copies = result.forms.map(({ path, bytes }) => ({
      path: neutralise(basename(path)),
      bytes,
      file: path,
    }));
    task.end({ ...documentEnding(result), copies });
  }

  #remove(id: string): void {
    attempt(() => {
      rmSync(join(this.#directory, id), { recursive: true, force: true });
    }, "swept by the next start");
  }
}
