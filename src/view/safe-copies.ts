import type { Readable } from "node:stream";
import { openDocument } from "../document/index.ts";
import { MayflyError, type ErrorCode } from "../foundation/index.ts";
import type { Microvisor } from "../microvisor/index.ts";
import type { Reporting, TaskHost } from "../task/index.ts";

interface CopyHost {
  readonly microvisor: Microvisor;
  readonly reporting: Reporting | undefined;
  readonly rules: TaskHost["rules"];
}

/** Makes safe PDFs of what comes out of a live view, each in a micro-VM of its own, one after another. */
export class SafeCopies {
  readonly #host: CopyHost;
  readonly #directory: string;
  readonly #force: boolean;
  readonly #made = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(host: CopyHost, { out, force }: { readonly out: string | undefined; readonly force: boolean }) {
    this.#host = host;
    this.#directory = out ?? "";
    this.#force = force;
  }

  /** @returns the path of the safe copy @throws why there is none */
  async make(content: Readable, name: string): Promise<string> {
    const before = this.#last;
    const work = before.then(async () => await this.#make(content, name));
    this.#last = work.catch(() => undefined);
    return await work;
  }

  async #make(content: Readable, name: string): Promise<string> {
    // Two files of one name in different directories inside: neither replaces the other, whatever was asked for.
    const beside = !this.#force || this.#made.has(name);
    this.#made.add(name);
    const choices = { out: this.#directory, force: this.#force, wholeName: true, beside };
    const { outcome, forms } = await openDocument({ content, name }, choices, this.#host);
    if (outcome.kind === "failed")
      throw new MayflyError(
        outcome.code as ErrorCode,
        outcome.message,
        outcome.next === undefined ? {} : { next: outcome.next },
      );
    const [copy] = forms;
    if (copy === undefined) throw new MayflyError("E_CONVERTER", "There is no safe copy");
    return copy.path;
  }
}
