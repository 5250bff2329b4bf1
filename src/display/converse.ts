import { once } from "node:events";
import type { Duplex, Readable, Writable } from "node:stream";
import { MayflyError } from "../foundation/index.ts";
import { Reader, type Grammar } from "./rfb/grammar.ts";

/** Reads `from` by a grammar to the grammar's end; what it says goes to `to`, no faster than that takes it. */
export async function converse<T>(grammar: Grammar<T>, from: Readable, to: Writable | undefined): Promise<T> {
  let said: Uint8Array[] = [];
  let result: { readonly value: T } | undefined;
  const reader = new Reader(
    (function* (): Grammar {
      result = { value: yield* grammar };
    })(),
    (bytes) => said.push(bytes),
  );
  const chunks = from.iterator({ destroyOnReturn: false });
  /** What one piece led to goes as one piece too. */
  const write = (): void => {
    if (said.length > 0) to?.write(said.length === 1 ? said[0] : Buffer.concat(said));
    said = [];
  };
  write();
  while (!reader.isDone) {
    const next = (await chunks.next()) as IteratorResult<Buffer, undefined>;
    if (next.done === true) throw new MayflyError("E_CLOSED", "The connection to the screen ended");
    let rest: Buffer;
    try {
      rest = reader.push(next.value);
    } finally {
      write(); // what was good before a violation
    }
    if (rest.length > 0) from.unshift(rest);
    if (to?.writableNeedDrain === true) await drained(to);
  }
  await chunks.return?.();
  if (result === undefined) throw new MayflyError("E_INTERNAL", "A grammar ended without its result");
  return result.value;
}

/** Settles when more may be written, or when nothing can be any more: the next read or write tells that. */
async function drained(to: Writable): Promise<void> {
  const leaving = new AbortController();
  await Promise.race([once(to, "drain", leaving), once(to, "close", leaving)]).catch(() => undefined);
  leaving.abort();
}

/** Ends when one of both directions does, and says why; both streams are destroyed then. */
export async function together(
  [one, two]: readonly [Duplex, Duplex],
  works: readonly Promise<never>[],
): Promise<MayflyError> {
  try {
    return await Promise.race(works);
  } catch (cause) {
    return cause instanceof MayflyError
      ? cause
      : new MayflyError("E_CLOSED", "The connection to the screen ended", { cause });
  } finally {
    one.destroy();
    two.destroy();
    await Promise.allSettled(works);
  }
}
