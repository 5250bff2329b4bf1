/** Bytes of a digest that are kept for each file. */
export const HEAD_DIGEST = 16;

/** How the programs of an image begin: digests of their first 4,096 bytes, cut to 16, in ascending order one after the other. */
export class KnownHeads {
  readonly #sorted: Buffer;
  readonly #more = new Set<string>();

  constructor(sorted: Uint8Array) {
    this.#sorted = Buffer.from(sorted.buffer, sorted.byteOffset, sorted.byteLength);
  }

  add(sha256: Buffer): void {
    this.#more.add(sha256.toString("hex", 0, HEAD_DIGEST));
  }

  has(sha256: Buffer): boolean {
    const wanted = sha256.subarray(0, HEAD_DIGEST);
    let [low, high] = [0, Math.floor(this.#sorted.length / HEAD_DIGEST)];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#sorted.compare(
        wanted,
        0,
        HEAD_DIGEST,
        middle * HEAD_DIGEST,
        (middle + 1) * HEAD_DIGEST,
      );
      if (order === 0) return true;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return this.#more.has(wanted.toString("hex"));
  }
}
