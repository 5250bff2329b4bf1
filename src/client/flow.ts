import { Writable } from "node:stream";
import { asMayflyError } from "../foundation/index.ts";
import { MOST_CHUNK, WINDOW } from "./wire.ts";

/** Passes bytes on in pieces, no more than the other side has given credit for. */
export class CreditedSink extends Writable {
  readonly #send: (chunk: Buffer) => void;
  readonly #ended: () => void;
  #credit = WINDOW;
  #waiting: (() => void) | undefined;

  /** @param send one piece @param ended told when all was sent */
  constructor(send: (chunk: Buffer) => void, ended: () => void = () => undefined) {
    super({ highWaterMark: MOST_CHUNK });
    this.#send = send;
    this.#ended = ended;
  }

  /** The other side has passed on so many bytes. More than were sent is nonsense and changes nothing. */
  grant(bytes: number): void {
    this.#credit = Math.min(WINDOW, this.#credit + bytes);
    const go = this.#waiting;
    this.#waiting = undefined;
    go?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: (cause?: Error) => void): void {
    const count = Math.min(chunk.length, this.#credit, MOST_CHUNK);
    if (count > 0) {
      this.#send(chunk.subarray(0, count));
      this.#credit -= count;
    }
    if (count === chunk.length) done();
    else if (this.#credit > 0) this._write(chunk.subarray(count), "buffer", done);
    else
      this.#waiting = () => {
        this._write(chunk.subarray(count), "buffer", done);
      };
  }

  override _final(done: () => void): void {
    this.#ended();
    done();
  }

  override _destroy(cause: Error | null, done: (cause?: Error | null) => void): void {
    this.#waiting = undefined;
    done(cause);
  }
}

/** Writes what comes and gives credit for what was taken. Remembers the first failure and drops what comes after it. */
export class CreditingSource {
  readonly #to: Writable;
  readonly #grant: (bytes: number) => void;
  readonly #lost: (why: string) => void;
  #isLost = false;
  #pending = 0;
  #idle: (() => void) | undefined;

  constructor(to: Writable, grant: (bytes: number) => void, lost: (why: string) => void) {
    this.#to = to;
    this.#grant = grant;
    this.#lost = lost;
    to.on("error", (cause) => {
      this.#fail(cause);
    });
  }

  write(chunk: Buffer): void {
    if (this.#isLost) return;
    this.#pending += 1;
    this.#to.write(chunk, (cause) => {
      this.#pending -= 1;
      if (cause === undefined || cause === null) this.#grant(chunk.length);
      else this.#fail(cause);
      if (this.#pending === 0) this.#idle?.();
    });
  }

  /** Settles when all that came was taken, or was lost. */
  async flushed(): Promise<void> {
    if (this.#pending === 0 || this.#isLost) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  #fail(cause: unknown): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#lost(asMayflyError(cause).message);
    this.#idle?.();
  }
}
