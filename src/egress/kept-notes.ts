import type { StreamNote } from "./stream-note.ts";

const MOST_STREAMS = 10_000;
/** Of these, room for the first that came to no connection: whoever connects often cannot wipe them out. */
const FIRST_FRUITLESS = 1_000;

/**
 * The notes that a record has room for. Once it is full, the latest that ended without a connection gives way to a new
 * one, so refused streams, which cost a guest nothing, cannot keep out those that connect.
 */
export class KeptNotes {
  readonly #notes = new Set<StreamNote>();
  /** Those of them that ended without a connection, in the order of their ends. */
  readonly #fruitless: StreamNote[] = [];
  #omitted = 0;

  /** How many found no room, or gave way. */
  get omitted(): number {
    return this.#omitted;
  }

  add(note: StreamNote): void {
    if (this.#notes.size < MOST_STREAMS || this.#hasMadeRoom()) this.#notes.add(note);
    else this.#omitted++;
  }

  /** Now it is known whether it came to a connection. */
  ended(note: StreamNote): void {
    if (note.connected === undefined && this.#notes.has(note)) this.#fruitless.push(note);
  }

  /** In the order in which they were added. */
  all(): StreamNote[] {
    return [...this.#notes];
  }

  #hasMadeRoom(): boolean {
    const latest = this.#fruitless.length > FIRST_FRUITLESS ? this.#fruitless.pop() : undefined;
    if (latest === undefined) return false;
    this.#omitted++;
    return this.#notes.delete(latest);
  }
}
