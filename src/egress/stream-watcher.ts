import type { BudgetMeter } from "../policy/network/index.ts";
import type { Capture, CapturedStream } from "./pcap/index.ts";
import type { Journal } from "./journal.ts";
import { Observer } from "./observer.ts";
import type { RelayWatcher } from "./relay.ts";
import type { StreamNote } from "./stream-note.ts";

interface Watched {
  readonly note: StreamNote;
  readonly journal: Journal;
  readonly meter: BudgetMeter;
  readonly trace: CapturedStream | undefined;
  readonly capture?: Capture | undefined;
}

/** Counts and records what passes on one stream, and holds it against the budget. */
export class StreamWatcher implements RelayWatcher {
  /** Why no more may leave. */
  exceeded = "";
  readonly #watched: Watched;
  readonly #observer: Observer;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#observer = new Observer(watched.note);
  }

  readonly out = (chunk: Uint8Array): boolean => {
    const { note, journal, meter, trace } = this.#watched;
    const exceeded = meter.send(chunk.length);
    if (exceeded !== undefined) {
      this.exceeded = exceeded.reason;
      return false;
    }
    note.bytesOut += chunk.length;
    journal.countOut(chunk.length);
    this.#observer.out(chunk);
    trace?.fromGuest(chunk);
    return true;
  };

  readonly ready = (): Promise<void> | undefined =>
    this.#watched.capture?.isBehind === true ? this.#watched.capture.drained() : undefined;

  readonly outEnded = (): void => {
    this.#watched.trace?.endGuest();
  };

  readonly inEnded = (): void => {
    this.#watched.trace?.endHost();
  };

  readonly in = (chunk: Uint8Array): void => {
    const { note, journal, trace } = this.#watched;
    note.bytesIn += chunk.length;
    journal.countIn(chunk.length);
    this.#observer.in(chunk);
    trace?.toGuest(chunk);
  };
}
