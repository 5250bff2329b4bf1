import { asUntrusted, type Untrusted } from "../../foundation/untrusted.ts";
import { Writer } from "./bytes.ts";
import { violation } from "./violation.ts";

export const HEADER_BYTES = 12;
/** Payload bytes of one frame, at most. */
export const MAX_PAYLOAD = 65_536;
/** Streams are 0 … 2³¹ - 1. */
export const MAX_STREAM = 0x7fff_ffff;

export interface Header {
  readonly length: number;
  readonly stream: number;
  readonly code: number;
}

export interface Frame {
  readonly stream: number;
  readonly code: number;
  readonly payload: Untrusted<Uint8Array>;
}

/**
 * Decides about a frame by its header, before anything is kept of it: throws, or says whether the payload must be
 * delivered whole or may come as several frames, as the pieces arrive.
 */
export type Admit = (header: Header) => "whole" | "pieces";

/** Cuts a byte stream into frames. Holds at most one payload, and copies only one that arrived in pieces. */
export class FrameReader {
  private readonly admit: Admit;
  private readonly deliver: (frame: Frame) => void;
  private readonly partial = new Uint8Array(HEADER_BYTES);
  private partialBytes = 0;
  private header: Header | undefined;
  private inPieces = false;
  private whole: Uint8Array | undefined;
  private left = 0;

  constructor(admit: Admit, deliver: (frame: Frame) => void) {
    this.admit = admit;
    this.deliver = deliver;
  }

  /** Delivers every frame that `chunk` completes. Once it has thrown, the byte stream has no meaning any more. */
  read(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      at = this.header === undefined ? this.readHeader(chunk, at) : this.readPayload(chunk, at, this.header);
    }
  }

  private readHeader(chunk: Uint8Array, at: number): number {
    if (this.partialBytes === 0 && chunk.length - at >= HEADER_BYTES) {
      this.begin(chunk, at);
      return at + HEADER_BYTES;
    }
    const end = Math.min(chunk.length, at + HEADER_BYTES - this.partialBytes);
    this.partial.set(chunk.subarray(at, end), this.partialBytes);
    this.partialBytes += end - at;
    if (this.partialBytes === HEADER_BYTES) {
      this.partialBytes = 0;
      this.begin(this.partial, 0);
    }
    return end;
  }

  private begin(bytes: Uint8Array, at: number): void {
    const header = { length: u32At(bytes, at), stream: u32At(bytes, at + 4), code: bytes[at + 8] ?? 0 };
    if (header.length > MAX_PAYLOAD)
      throw violation(`a payload of ${header.length} bytes, over ${MAX_PAYLOAD}`);
    if (header.stream > MAX_STREAM) throw violation(`stream ${header.stream} is not below 2^31`);
    if (bytes[at + 9] !== 0 || bytes[at + 10] !== 0 || bytes[at + 11] !== 0) {
      throw violation("the last three bytes of a header are not zero");
    }
    this.inPieces = this.admit(header) === "pieces";
    if (header.length === 0) {
      this.deliver({ ...header, payload: asUntrusted(NOTHING) });
    } else {
      this.header = header;
      this.left = header.length;
    }
  }

  private readPayload(chunk: Uint8Array, at: number, header: Header): number {
    const end = Math.min(chunk.length, at + this.left);
    const piece = chunk.subarray(at, end);
    const untouched = this.left === header.length;
    this.left -= piece.length;
    if (this.left === 0) this.header = undefined;
    if (this.inPieces || (untouched && this.left === 0)) {
      this.deliver({ stream: header.stream, code: header.code, payload: asUntrusted(piece) });
    } else {
      this.collect(piece, header);
    }
    return end;
  }

  private collect(piece: Uint8Array, header: Header): void {
    const whole = (this.whole ??= new Uint8Array(header.length));
    whole.set(piece, header.length - this.left - piece.length);
    if (this.left > 0) return;
    this.whole = undefined;
    this.deliver({ stream: header.stream, code: header.code, payload: asUntrusted(whole) });
  }
}

const NOTHING = new Uint8Array(0);

/** A header alone, for a payload that follows it without being copied. */
export function encodeHeader(header: Header): Uint8Array {
  const out = new Writer(HEADER_BYTES);
  writeHeader(out, header);
  return out.finish();
}

export function writeHeader(out: Writer, header: Header): void {
  out.int(4, header.length);
  out.int(4, header.stream);
  out.int(4, header.code); // and the three zero bytes
}

function u32At(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return low + (bytes[at + 3] ?? 0) * 0x100_0000;
}
