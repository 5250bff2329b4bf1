import { closeSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { MayflyError, attempt, errnoOf, neutralise } from "../../foundation/index.ts";

/** A report that appears whole or not at all. Opened before the task runs, so that a bad path is told before. */
export class ReportFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #descriptor: number;

  /** @throws E_OUTPUT_WRITE */
  constructor(path: string) {
    this.#path = path;
    this.#temporary = `${path}.${process.pid}.tmp`;
    this.#descriptor = this.#writing(() => openSync(this.#temporary, "wx"));
  }

  /** @throws E_OUTPUT_WRITE */
  write(document: unknown): void {
    this.#writing(() => {
      writeFileSync(this.#descriptor, `${JSON.stringify(document, undefined, 2)}\n`);
      renameSync(this.#temporary, this.#path);
    });
  }

  /** After `write` nothing is left to remove. */
  close(): void {
    attempt(() => {
      closeSync(this.#descriptor);
    }, "nothing is lost by it");
    attempt(() => {
      rmSync(this.#temporary, { force: true });
    }, "told by the write that failed");
  }

  #writing<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw new MayflyError(
        "E_OUTPUT_WRITE",
        `The report ${neutralise(this.#path)} cannot be written: ${errnoOf(cause) ?? "unknown"}`,
        {
          cause,
          next: "Name a file in a directory that exists and that you may write to with --report.",
        },
      );
    }
  }
}
