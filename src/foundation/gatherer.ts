import { Writable } from "node:stream";
import { MIB } from "./units.ts";

/** Bytes of output that are gathered where the caller names no stream and no limit. */
export const GATHERED_BYTES = 16 * MIB;

/** Keeps all that is written. Whoever writes bounds it. */
export class Gatherer extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
