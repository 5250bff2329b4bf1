import { violation } from "./violation.ts";

/** Reads little-endian values off the front of a payload; never past its end. */
export class Reader {
  /** The field being read, for the words of an error. */
  where = "";
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** The next `size` bytes, not copied. */
  take(size: number): Uint8Array {
    if (size > this.left) throw violation(`${this.where} wants ${size} bytes where ${this.left} are left`);
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  /** An unsigned integer of 1 … 4 bytes. */
  int(size: number): number {
    if (size > this.left) throw violation(`${this.where} wants ${size} bytes where ${this.left} are left`);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (this.bytes[this.at + i] ?? 0);
    this.at += size;
    return value;
  }
}

/** Collects little-endian values behind one another, and grows as needed. */
export class Writer {
  /** The field being written, for the words of an error. */
  where = "";
  private bytes: Uint8Array;
  private at = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.at;
  }

  put(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** An unsigned integer of 1 … 4 bytes; the caller has checked its range. */
  int(size: number, value: number): void {
    this.reserve(size);
    for (let i = 0; i < size; i++) this.bytes[this.at + i] = value >>> (8 * i);
    this.at += size;
  }

  /** Writes a u32 over what stands at `at`: a length that was not known when its place was written. */
  patch(at: number, value: number): void {
    for (let i = 0; i < 4; i++) this.bytes[at + i] = value >>> (8 * i);
  }

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }

  private reserve(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + size));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
