import { MAX_HEAD } from "./head.ts";

const CR = 13;
const LF = 10;

/**
 * Gathers the head of a message from a stream's pieces, up to the first empty line; empty lines before it are skipped,
 * as servers do. Each byte is looked at once, however finely a sender cuts. Holds at most 16,384 bytes.
 */
export class HeadGatherer {
  #buffer = Buffer.alloc(0);
  #length = 0;
  #line = 0;
  #isWhole = false;

  /** What is gathered. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** The head is there, its empty line included. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** No more is taken, though it has no end. */
  get isFull(): boolean {
    return !this.#isWhole && this.#length === MAX_HEAD;
  }

  /** Its first line is there. */
  get hasLine(): boolean {
    return this.#line > 0;
  }

  /** @returns how many bytes of `piece` were taken: all, unless the head ends before or is too long */
  take(piece: Uint8Array): number {
    let from = 0;
    if (this.#length === 0) while (piece[from] === CR || piece[from] === LF) from++;
    const added = piece.subarray(from, from + MAX_HEAD - this.#length);
    const seen = this.#length;
    this.#append(added);
    for (let at = this.#find(seen); at !== -1; at = this.#find(at + 1)) {
      const isEmpty = at === this.#line || (at === this.#line + 1 && this.#buffer[this.#line] === CR);
      this.#line = at + 1;
      if (!isEmpty) continue;
      this.#isWhole = true;
      this.#length = at + 1;
      break;
    }
    return from + this.#length - seen;
  }

  #find(from: number): number {
    const at = this.#buffer.indexOf(LF, from);
    return at < this.#length ? at : -1;
  }

  #append(added: Uint8Array): void {
    const length = this.#length + added.length;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(MAX_HEAD, Math.max(length, this.#buffer.length * 2, 512)));
      larger.set(this.bytes);
      this.#buffer = larger;
    }
    this.#buffer.set(added, this.#length);
    this.#length = length;
  }
}
