import type { NetworkRecord, StreamRecord } from "../contract/index.ts";
import { neutralise, openUntrusted, type Untrusted } from "../foundation/index.ts";
import { StreamNote } from "./stream-note.ts";

const MOST_STREAMS = 10_000;
/** Of all streams together: each may have 1,000, and a record must fit into memory and into a file. */
const MOST_REQUESTS = 20_000;
const MOST_LOOKUPS = 1_000;
const LONGEST_NAME = 255;

/** Gathers what a task asks of the network, within bounds. */
export class Journal {
  readonly #now: () => number;
  readonly #notes: StreamNote[] = [];
  readonly #lookups = new Set<string>();
  #omitted = 0;
  #requests = 0;
  #bytesOut = 0;
  #bytesIn = 0;

  /** @param now milliseconds since the task began */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A stream is asked for. What is told to the note of one too many is counted and forgotten. */
  begin(host: Untrusted<string>, port: number): StreamNote {
    const shown = neutralise(openUntrusted(host), LONGEST_NAME);
    const note = new StreamNote({ host: shown, port }, this.#now, () => this.#requests++ < MOST_REQUESTS);
    if (this.#notes.length < MOST_STREAMS) this.#notes.push(note);
    else this.#omitted++;
    return note;
  }

  lookup(name: Untrusted<string>): void {
    if (this.#lookups.size < MOST_LOOKUPS) this.#lookups.add(neutralise(openUntrusted(name), LONGEST_NAME));
  }

  countOut(bytes: number): void {
    this.#bytesOut += bytes;
  }

  countIn(bytes: number): void {
    this.#bytesIn += bytes;
  }

  build(): NetworkRecord {
    const streams: StreamRecord[] = this.#notes.map((note) => note.build());
    return {
      streams,
      omitted: this.#omitted,
      lookups: [...this.#lookups],
      bytesOut: this.#bytesOut,
      bytesIn: this.#bytesIn,
    };
  }
}
