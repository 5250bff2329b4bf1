import { neutralise } from "../foundation/index.ts";

/** No tool needs longer lines; a flood without line ends stays bounded. */
const LONGEST_LINE = 4096;

/** Cuts a byte stream into neutralised lines. A progress display's carriage return ends a line too. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    const parts = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(/[\r\n]+/);
    this.#rest = (parts.pop() ?? "").slice(0, LONGEST_LINE);
    for (const part of parts) this.#emit(part);
  }

  end(): void {
    this.#emit(this.#rest);
    this.#rest = "";
  }

  #emit(line: string): void {
    if (line.trim() !== "") this.#onLine(neutralise(line.trimEnd()));
  }
}
