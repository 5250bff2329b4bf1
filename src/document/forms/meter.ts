import { MayflyError, formatSize } from "../../foundation/index.ts";

/** Counts what safe copies take on the user's disk. */
export class Meter {
  readonly #room: number;
  #spent = 0;

  /** @param room bytes that may be spent */
  constructor(room: number) {
    this.#room = room;
  }

  /** Call it before the bytes are written. @throws E_DOCUMENT_LIMIT */
  spend(bytes: number): void {
    this.#spent += bytes;
    if (this.#spent <= this.#room) return;
    throw new MayflyError(
      "E_DOCUMENT_LIMIT",
      `Its safe copy is over the limit "outBytes" (${formatSize(this.#room)})`,
      { next: "Choose fewer pages (--pages) or fewer dots per inch (--dpi)." },
    );
  }
}
