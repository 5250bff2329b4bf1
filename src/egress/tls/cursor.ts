const NOTHING = new Uint8Array(0);

/**
 * Reads big-endian values off the front of bytes that a guest chose. Never throws and never passes the end: what is
 * not there reads as zero or nothing, and `broken` says so from then on.
 */
export class Cursor {
  broken = false;
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** An unsigned integer of 1 … 3 bytes. */
  int(size: number): number {
    let value = 0;
    for (const byte of this.take(size)) value = value * 256 + byte;
    return value;
  }

  /** The next `size` bytes, not copied. */
  take(size: number): Uint8Array {
    if (this.broken || size > this.left) {
      this.broken = true;
      return NOTHING;
    }
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  /** A vector: its length in `size` bytes, then as many bytes; broken unless there are `least` … `most`. */
  vector(size: number, least: number, most: number): Uint8Array {
    const length = this.int(size);
    if (length < least || length > most) this.broken = true;
    return this.take(length);
  }
}
