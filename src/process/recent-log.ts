import { neutralise } from "../foundation/index.ts";

/** A line, and when its first byte came, as `performance.now` counts. */
export interface TimedLine {
  readonly at: number;
  readonly text: string;
}

/** Keeps the last bytes that a process or a guest console printed. What it gives back is neutralised. */
export class RecentLog {
  #text = "";
  /** Bytes so far, those that are not kept any more included. */
  #bytes = 0;
  /** From which byte on they came when; the first may have begun before what is kept. */
  #marks: { readonly from: number; readonly at: number }[] = [];
  readonly #keep: number;

  /** @param keep bytes (as Latin-1 characters) kept, default 16 KiB */
  constructor(keep = 16_384) {
    this.#keep = keep;
  }

  add(chunk: Uint8Array, at = performance.now()): void {
    const tail = chunk.length > this.#keep ? chunk.subarray(chunk.length - this.#keep) : chunk;
    this.#text = (this.#text + Buffer.from(tail).toString("latin1")).slice(-this.#keep);
    if (at !== this.#marks.at(-1)?.at) this.#marks.push({ from: this.#bytes, at });
    this.#bytes += chunk.length;
    // Seldom, so that a byte at a time costs no more than it should.
    if (this.#marks.length > 2 * this.#keep) this.#forget();
  }

  /** The last lines, neutralised, at most `count`. */
  lines(count = 20): string[] {
    return this.timed(count).map(({ text }) => text);
  }

  /** … and when they came. */
  timed(count: number): TimedLine[] {
    let from = this.#bytes - this.#text.length;
    let mark = 0;
    const lines: TimedLine[] = [];
    for (const line of this.#text.split("\n")) {
      while ((this.#marks[mark + 1]?.from ?? Infinity) <= from) mark++;
      const text = line.replace(/\r$/, "");
      if (text.trim() !== "") lines.push({ at: this.#marks[mark]?.at ?? 0, text: neutralise(text) });
      from += line.length + 1;
    }
    return lines.slice(-count);
  }

  matches(pattern: RegExp): boolean {
    return pattern.test(this.#text);
  }

  /** What lies wholly before what is kept. */
  #forget(): void {
    const first = this.#bytes - this.#text.length;
    this.#marks = this.#marks.filter((_mark, index) => (this.#marks[index + 1]?.from ?? Infinity) > first);
  }
}
