/** A piece this small, or one that keeps a much larger buffer alive, is copied. */
const KEEP_BYTES = 1024;
const KEEP_SHARE = 4;
const FIRST_SLAB = 512;
const LAST_SLAB = 16_384;

/**
 * Bytes waiting to be read. Its memory is a small multiple of `length`, however a guest cuts its data: small pieces
 * are copied together, large ones are kept as they came.
 */
export class ByteQueue {
  private readonly chunks: Buffer[] = [];
  private slab = Buffer.alloc(0);
  private slabFrom = 0;
  private slabTo = 0;
  private bytes = 0;

  get length(): number {
    return this.bytes;
  }

  push(piece: Uint8Array): void {
    this.bytes += piece.length;
    if (piece.length >= KEEP_BYTES && piece.length * KEEP_SHARE >= piece.buffer.byteLength) {
      this.sealSlab();
      this.chunks.push(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
      return;
    }
    for (let at = 0; at < piece.length;) {
      if (this.slabTo === this.slab.length) this.nextSlab();
      const end = Math.min(piece.length, at + this.slab.length - this.slabTo);
      this.slab.set(piece.subarray(at, end), this.slabTo);
      this.slabTo += end - at;
      at = end;
    }
  }

  /** The oldest bytes: one chunk, as long as it is. */
  shift(): Buffer | undefined {
    if (this.chunks.length === 0) this.sealSlab();
    const chunk = this.chunks.shift();
    this.bytes -= chunk?.length ?? 0;
    return chunk;
  }

  clear(): void {
    this.chunks.length = 0;
    this.slabFrom = this.slabTo;
    this.bytes = 0;
  }

  /** What stands in the slab becomes a chunk; the room behind it is used on. */
  private sealSlab(): void {
    if (this.slabFrom === this.slabTo) return;
    this.chunks.push(this.slab.subarray(this.slabFrom, this.slabTo));
    this.slabFrom = this.slabTo;
  }

  private nextSlab(): void {
    this.sealSlab();
    this.slab = Buffer.allocUnsafeSlow(Math.min(LAST_SLAB, Math.max(FIRST_SLAB, this.slab.length * 2)));
    this.slabFrom = 0;
    this.slabTo = 0;
  }
}
