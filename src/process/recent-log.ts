import { neutralise } from "../foundation/index.ts";

/** Keeps the last bytes that a process or a guest console printed. What it gives back is neutralised. */
export class RecentLog {
  #text = "";
  readonly #keep: number;

  /** @param keep bytes (as Latin-1 characters) kept, default 16 KiB */
  constructor(keep = 16_384) {
    this.#keep = keep;
  }

  add(chunk: Uint8Array): void {
    const tail = chunk.length > this.#keep ? chunk.subarray(chunk.length - this.#keep) : chunk;
    this.#text = (this.#text + Buffer.from(tail).toString("latin1")).slice(-this.#keep);
  }

  /** The last lines, neutralised, at most `count`. */
  lines(count = 20): string[] {
    const lines = this.#text.split(/\r?\n/).filter((line) => line.trim() !== "");
    return lines.slice(-count).map((line) => neutralise(line));
  }

  matches(pattern: RegExp): boolean {
    return pattern.test(this.#text);
  }
}
