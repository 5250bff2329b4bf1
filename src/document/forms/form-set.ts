import type { DocumentWarning, SafeFile } from "../../contract/index.ts";
import { MayflyError, errnoOf, neutralise } from "../../foundation/index.ts";
import type { FormPlace, FormWriter, PixelPage } from "./form.ts";
import { markOrigin } from "./origin.ts";
import { moveIntoPlace } from "./place.ts";

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** The safe forms of one document: what comes goes to those that want it. */
export class FormSet {
  readonly warnings: DocumentWarning[] = [];
  readonly #writers: readonly FormWriter[];
  readonly #place: FormPlace;

  constructor(writers: readonly FormWriter[], place: FormPlace) {
    this.#writers = writers;
    this.#place = place;
  }

  async page(page: PixelPage): Promise<void> {
    await this.#each(async (writer) => await writer.page?.(page));
  }

  async text(piece: string): Promise<void> {
    await this.#each(async (writer) => await writer.text?.(piece));
  }

  async sheet(name: string): Promise<void> {
    await this.#each(async (writer) => await writer.sheet?.(name));
  }

  async row(cells: readonly string[]): Promise<void> {
    for (const writer of this.#writers) await writer.row?.(cells);
  }

  /** Completes all forms and moves them to their places, marked. @throws E_OUTPUT_EXISTS, E_OUTPUT_WRITE, E_DISK_FULL */
  async finish(): Promise<readonly SafeFile[]> {
    return await this.#told(async () => {
      const staged = (await Promise.all(this.#writers.map(async (writer) => await writer.finish()))).flat();
      const marked = await Promise.all(
        staged.map(async ({ path }) => await markOrigin(path, this.#place.origin)),
      );
      if (marked.includes(false))
        this.warnings.push({
          code: "unmarked",
          message:
            "The file system keeps no extended attributes, so the safe copy's origin is only in a PDF's properties",
        });
      return await moveIntoPlace(staged, this.#place);
    });
  }

  /** Lets go of everything; nothing was written for the user. */
  async abandon(): Promise<void> {
    await Promise.all(
      this.#writers.map(async (writer) => {
        await writer.abandon();
      }),
    );
  }

  async #each(work: (writer: FormWriter) => Promise<void>): Promise<void> {
    await this.#told(async () => {
      for (const writer of this.#writers) await work(writer);
    });
  }

  async #told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      const errno = errnoOf(cause);
      if (cause instanceof MayflyError || errno === undefined) throw cause;
      const where = neutralise(this.#place.directory);
      throw FULL.has(errno)
        ? new MayflyError("E_DISK_FULL", `No space is left in ${where} for the safe copy`, {
            cause,
            next: "Free some space, or name another directory with --out.",
          })
        : new MayflyError("E_OUTPUT_WRITE", `The safe copy cannot be written to ${where}: ${errno}`, {
            cause,
            next: "Name a directory that you may write to with --out.",
          });
    }
  }
}
