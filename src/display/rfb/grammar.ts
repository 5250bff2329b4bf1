/**
 * What a grammar does next: takes so many bytes as one piece, lets so many pass as they come, or says something that
 * passes now. Nothing is held but one piece, so a grammar bounds memory by the pieces that it takes.
 */
type Step =
  | { readonly take: number }
  | { readonly pass: number }
  | { readonly drop: number }
  | { readonly say: Uint8Array };

/** Reads a protocol; ends by returning or by throwing what is wrong. */
export type Grammar<T = void> = Generator<Step, T, Buffer>;

export function* take(bytes: number): Grammar<Buffer> {
  return yield { take: bytes };
}

export function* pass(bytes: number): Grammar {
  if (bytes > 0) yield { pass: bytes };
}

export function* drop(bytes: number): Grammar {
  if (bytes > 0) yield { drop: bytes };
}

export function* say(bytes: Uint8Array): Grammar {
  yield { say: bytes };
}

const NOTHING = Buffer.alloc(0);

/** Runs a grammar over bytes that come in any pieces. */
export class Reader {
  readonly #grammar: Grammar;
  readonly #emit: (bytes: Uint8Array) => void;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #step: Exclude<Step, { say: Uint8Array }> | undefined;

  constructor(grammar: Grammar, emit: (bytes: Uint8Array) => void) {
    this.#grammar = grammar;
    this.#emit = emit;
    this.#advance(NOTHING);
  }

  /** Whether the grammar has come to its end. */
  get isDone(): boolean {
    return this.#step === undefined;
  }

  /**
   * @returns what is left where the grammar came to its end, else nothing
   * @throws what the grammar throws; nothing may be pushed after that
   */
  push(chunk: Buffer): Buffer {
    let rest = chunk;
    while (rest.length > 0 && this.#step !== undefined) {
      const step = this.#step;
      if ("take" in step) rest = this.#take(step.take, rest);
      else rest = this.#flow(step, rest);
    }
    return rest;
  }

  #take(wanted: number, chunk: Buffer): Buffer {
    const missing = wanted - this.#heldBytes;
    this.#held.push(chunk.subarray(0, missing));
    this.#heldBytes += Math.min(missing, chunk.length);
    if (chunk.length >= missing) {
      const piece = this.#held.length === 1 ? (this.#held[0] ?? NOTHING) : Buffer.concat(this.#held);
      this.#held = [];
      this.#heldBytes = 0;
      this.#advance(piece);
    }
    return chunk.subarray(missing);
  }

  #flow(step: { pass: number } | { drop: number }, chunk: Buffer): Buffer {
    const left = "pass" in step ? step.pass : step.drop;
    const part = chunk.subarray(0, left);
    if ("pass" in step) this.#emit(part);
    const after = left - part.length;
    if (after === 0) this.#advance(NOTHING);
    else this.#step = "pass" in step ? { pass: after } : { drop: after };
    return chunk.subarray(part.length);
  }

  #advance(piece: Buffer): void {
    let answer = piece;
    for (;;) {
      const { value, done } = this.#grammar.next(answer);
      answer = NOTHING;
      if (done === true) {
        this.#step = undefined;
        return;
      }
      if ("say" in value) this.#emit(value.say);
      else if (!("take" in value) || value.take > 0) {
        this.#step = value;
        return;
      }
    }
  }
}
