import { latin1, MAX_HEAD } from "./head.ts";

/** A message's body as it passes. */
export interface Body {
  readonly isOver: boolean;
  /** Why its end cannot be found any more: one clause of our words; empty where it can. */
  readonly fault: string;
  /** @returns how many bytes of `piece` were of it; less than all only where it is over or at fault */
  readonly take: (piece: Uint8Array) => number;
}

export class LengthBody implements Body {
  readonly fault = "";
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  get isOver(): boolean {
    return this.#left === 0;
  }

  take(piece: Uint8Array): number {
    const taken = Math.min(piece.length, this.#left);
    this.#left -= taken;
    return taken;
  }
}

const LF = 10;
const MAX_LINE = 1024;
/** Twelve digits are 256 TiB. */
const SIZE = /^([0-9A-Fa-f]{1,12})(?:[\t ]*;[\t\x20-\x7e]*)?\r\n$/;
const TRAILER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n$/;

/** Chunked, and read more strictly than servers do: what they could read in another way is a fault. */
export class ChunkedBody implements Body {
  fault = "";
  isOver = false;
  #expects: "size" | "data" | "data-end" | "trailer" = "size";
  #left = 0;
  #line = "";
  #trailers = 0;

  take(piece: Uint8Array): number {
    let at = 0;
    while (at < piece.length && !this.isOver && this.fault === "")
      at += this.#expects === "data" ? this.#skip(piece.length - at) : this.#read(piece.subarray(at));
    return at;
  }

  #skip(most: number): number {
    const skipped = Math.min(most, this.#left);
    this.#left -= skipped;
    if (this.#left === 0) this.#expects = "data-end";
    return skipped;
  }

  #read(rest: Uint8Array): number {
    const most = rest.subarray(0, MAX_LINE - this.#line.length);
    const end = most.indexOf(LF);
    const part = end === -1 ? most : most.subarray(0, end + 1);
    this.#line += latin1(part);
    if (end !== -1) {
      this.#understand(this.#line);
      this.#line = "";
    } else if (this.#line.length === MAX_LINE) this.fault = "a line of its chunked body is too long";
    return part.length;
  }

  #understand(line: string): void {
    const size = SIZE.exec(line)?.[1];
    if (this.#expects === "size" && size !== undefined) {
      this.#left = Number.parseInt(size, 16);
      this.#expects = this.#left === 0 ? "trailer" : "data";
    } else if (this.#expects === "data-end" && line === "\r\n") this.#expects = "size";
    else if (this.#expects === "trailer" && line === "\r\n") this.isOver = true;
    else if (this.#expects === "trailer" && TRAILER.test(line)) {
      this.#trailers += line.length;
      if (this.#trailers > MAX_HEAD) this.fault = "its trailers are too long";
    } else this.fault = "its chunked body can be read in several ways";
  }
}
