import type { NetworkRecord, StreamRecord } from "../contract/index.ts";
import { neutralise, openUntrusted, type Untrusted } from "../foundation/index.ts";
import { KeptNotes } from "./kept-notes.ts";
import { StreamNote } from "./stream-note.ts";

/** Of all streams together: each may have 1,000, and a record must fit into memory and into a file. */
const MOST_REQUESTS = 20_000;
const MOST_LOOKUPS = 1_000;
const LONGEST_NAME = 255;

/** Gathers what a task asks of the network, within bounds. */
export class Journal {
  readonly #now: () => number;
  readonly #notes = new KeptNotes();
  readonly #lookups = new Set<string>();
  #requests = 0;
  #mostOpen = 0;
  #bytesOut = 0;
  #bytesIn = 0;

  /** @param now milliseconds since the task began */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A stream is asked for. What is told to the note of one too many is counted and forgotten. */
  begin(host: Untrusted<string>, port: number): StreamNote {
    const shown = neutralise(openUntrusted(host), LONGEST_NAME);
    const note = new StreamNote({ host: shown, port }, this.#now, {
      mayRecord: () => this.#requests++ < MOST_REQUESTS,
      onEnd: () => {
        this.#notes.ended(note);
      },
    });
    this.#notes.add(note);
    return note;
  }

  lookup(name: Untrusted<string>): void {
    if (this.#lookups.size < MOST_LOOKUPS) this.#lookups.add(neutralise(openUntrusted(name), LONGEST_NAME));
  }

  /** So many are open now. */
  countOpen(streams: number): void {
    this.#mostOpen = Math.max(this.#mostOpen, streams);
  }

  countOut(bytes: number): void {
    this.#bytesOut += bytes;
  }

  countIn(bytes: number): void {
    this.#bytesIn += bytes;
  }

  build(): NetworkRecord {
    const streams: StreamRecord[] = this.#notes.all().map((note) => note.build());
    return {
      streams,
      omitted: this.#notes.omitted,
      mostOpen: this.#mostOpen,
      lookups: [...this.#lookups],
      bytesOut: this.#bytesOut,
      bytesIn: this.#bytesIn,
    };
  }
}
