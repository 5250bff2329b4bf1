import { MayflyError } from "../../foundation/index.ts";

/** Takes exact numbers of bytes off a stream. Holds no more than what was asked for and one chunk. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Whether the stream has ended here. */
  async isAtEnd(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return true;
      this.#rest = next.value;
    }
    return false;
  }

  /** Fills the whole of `target`. @throws E_GUEST_PROTOCOL where the stream ends before */
  async fill(target: Uint8Array): Promise<void> {
    let filled = 0;
    while (filled < target.length) {
      if (await this.isAtEnd())
        throw new MayflyError(
          "E_GUEST_PROTOCOL",
          `The converter ended in the middle of a record: ${target.length - filled} bytes are missing`,
        );
      const piece = this.#rest.subarray(0, target.length - filled);
      target.set(piece, filled);
      filled += piece.length;
      this.#rest = this.#rest.subarray(piece.length);
    }
  }

  /** The next `count` bytes, in memory of their own; the caller has checked `count`. */
  async take(count: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(count);
    await this.fill(bytes);
    return bytes;
  }
}
