import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import type { OpenResult, SafeForm } from "../contract/index.ts";
import { attempt, neutralise, storeFailure } from "../foundation/index.ts";
import type { Mayfly, OpenStage } from "../sdk/index.ts";
import { bounded, fileName } from "./handed-over.ts";
import type { DaemonTask, Ending, Tasks } from "./tasks.ts";

const STEPS: Readonly<Record<OpenStage, string>> = {
  opening: "Opening it in a micro-VM",
  converting: "Making pictures of its pages",
  recognising: "Recognising text",
  writing: "Writing the safe copy",
};

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
        task.step(STEPS[stage]);
      },
      onPage: (done, of) => {
        task.step(`Page ${done}${of === undefined ? "" : ` of ${of}`}`);
      },
    });
    task.end(endingOf(result));
  }

  #remove(id: string): void {
    attempt(() => {
      rmSync(join(this.#directory, id), { recursive: true, force: true });
    }, "swept by the next start");
  }
}

function endingOf({ outcome, exitCode, warnings, forms, report }: OpenResult): Ending {
  const said = outcome.kind === "converted" ? "Safe copy made" : outcome.message;
  const next = outcome.kind === "converted" ? undefined : outcome.next;
  return {
    outcome: next === undefined ? said : `${said}. ${next}`,
    exitCode,
    warnings: warnings.map(({ message }) => message),
    report: report?.report?.id,
    copies: forms.map(({ path, bytes }) => ({ path: neutralise(basename(path)), bytes, file: path })),
  };
}
