import { Transform, type TransformCallback } from "node:stream";

const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
const TILDE = 0x7e;
const DOT = 0x2e;

/**
 * Passes keys on and watches for `~.` at the beginning of a line (as in ssh): the way out of a guest that hangs or
 * swallows every key, Ctrl-C among them.
 */
export class SessionEnd extends Transform {
  readonly #onEnd: () => void;
  #isLineStart = true;
  #hasTilde = false;

  constructor(onEnd: () => void) {
    super();
    this.#onEnd = onEnd;
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    const passed: number[] = [];
    for (const key of chunk) {
      if (this.#hasTilde && key === DOT) this.#onEnd();
      else passed.push(...this.#keysFor(key));
    }
    done(null, Buffer.from(passed));
  }

  /** A tilde at the start of a line waits for what follows; typed twice it is one. */
  #keysFor(key: number): number[] {
    const held = this.#hasTilde ? [TILDE] : [];
    if (this.#isLineStart && key === TILDE && !this.#hasTilde) {
      this.#hasTilde = true;
      return [];
    }
    const isDoubled = this.#hasTilde && key === TILDE;
    this.#hasTilde = false;
    this.#isLineStart = key === CARRIAGE_RETURN || key === LINE_FEED;
    return isDoubled ? [TILDE] : [...held, key];
  }
}
