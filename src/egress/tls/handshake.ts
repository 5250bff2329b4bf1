import type { Malformed } from "./malformed.ts";

/** A ClientHello with a post-quantum key share has some 1,800 bytes; nobody needs 65,536. */
const MAX_HANDSHAKE = 65_536;
/** A hello is cut into a few records at most; this many keep the reading of a growing prefix cheap. */
const MAX_RECORDS = 64;
const MAX_FRAGMENT = 16_384;
const RECORD_HEADER = 5;
const HANDSHAKE_HEADER = 4;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;

interface Gathered {
  readonly fragments: readonly Uint8Array[];
  /** Bytes in the fragments. */
  readonly length: number;
}

/** The body of the ClientHello that a stream begins with, or why there is none (yet). RFC 8446 §4, §5.1. */
export type FirstHandshake =
  | { readonly kind: "more" }
  | { readonly kind: "not-tls" }
  | Malformed
  | { readonly kind: "body"; readonly body: Uint8Array };

/** Reads the TLS records at the front of `prefix` until the first handshake message is whole. Never throws. */
export function readFirstHandshake(prefix: Uint8Array): FirstHandshake {
  if (!mayBeTls(prefix)) return { kind: "not-tls" };
  const gathered = gather(prefix);
  if ("kind" in gathered) return gathered;
  const head = join(gathered, HANDSHAKE_HEADER);
  const [type = CLIENT_HELLO, ...size] = head;
  if (type !== CLIENT_HELLO) return { kind: "malformed", why: `handshake message ${type} comes first` };
  if (size.length < 3) return { kind: "more" };
  const length = size.reduce((sum, byte) => sum * 256 + byte, 0);
  if (length > MAX_HANDSHAKE) return { kind: "malformed", why: `a ClientHello of ${length} bytes` };
  const end = HANDSHAKE_HEADER + length;
  if (gathered.length < end) return { kind: "more" };
  if (gathered.length > end)
    return { kind: "malformed", why: "more handshake data in the ClientHello's record" };
  return { kind: "body", body: join(gathered, end).subarray(HANDSHAKE_HEADER) };
}

/** Whether the bytes so far are how TLS begins: a handshake record of version 3.0 … 3.4. */
function mayBeTls(prefix: Uint8Array): boolean {
  const [type = HANDSHAKE, major = 3, minor = 0] = prefix;
  return type === HANDSHAKE && major === 3 && minor <= 4;
}

/** The fragments of the handshake records in `prefix`, up to the end of the record that completes the message. */
function gather(prefix: Uint8Array): Gathered | FirstHandshake {
  const fragments: Uint8Array[] = [];
  let length = 0;
  for (let at = 0; at < prefix.length && !isWhole(fragments, length);) {
    const size = recordSize(prefix.subarray(at, at + RECORD_HEADER));
    if (typeof size === "string") return { kind: "malformed", why: size };
    if (size === undefined) break;
    if (fragments.length === MAX_RECORDS)
      return { kind: "malformed", why: `more than ${MAX_RECORDS} records` };
    const fragment = prefix.subarray(at + RECORD_HEADER, at + RECORD_HEADER + size);
    fragments.push(fragment);
    length += fragment.length;
    if (length > MAX_HANDSHAKE + HANDSHAKE_HEADER + MAX_FRAGMENT) break; // judged by its length
    if (fragment.length < size) return { fragments, length: Math.min(length, awaited(fragments, length)) };
    at += RECORD_HEADER + size;
  }
  return { fragments, length };
}

/** Bytes of the record with this header; undefined where the header is not whole; a text says what is wrong with it. */
function recordSize(header: Uint8Array): number | string | undefined {
  const [type = 0, major = 0, , high = 0, low = 0] = header;
  if (type !== HANDSHAKE) return `a record of type ${type} within the ClientHello`;
  if (header.length < RECORD_HEADER) return undefined;
  if (major !== 3) return "a record of an unknown version";
  const size = high * 256 + low;
  return size === 0 || size > MAX_FRAGMENT ? `a record of ${size} bytes` : size;
}

/** Whether the fragments hold all that the header of the message announces. */
function isWhole(fragments: readonly Uint8Array[], length: number): boolean {
  return length >= announced(fragments, length);
}

/** A record that is not whole never completes a message, as it may hold too much. */
function awaited(fragments: readonly Uint8Array[], length: number): number {
  const whole = announced(fragments, length);
  return whole === Infinity ? Infinity : whole - 1;
}

/** Bytes of the message with its header; Infinity until the header is there. */
function announced(fragments: readonly Uint8Array[], length: number): number {
  if (length < HANDSHAKE_HEADER) return Infinity;
  const [, high = 0, middle = 0, low = 0] = join({ fragments, length }, HANDSHAKE_HEADER);
  return HANDSHAKE_HEADER + high * 65_536 + middle * 256 + low;
}

/** The first `size` bytes of the fragments, or all. */
function join({ fragments, length }: Gathered, size: number): Uint8Array {
  const joined = new Uint8Array(Math.min(size, length));
  let at = 0;
  for (const fragment of fragments) {
    if (at >= joined.length) break;
    joined.set(fragment.subarray(0, joined.length - at), at);
    at += fragment.length;
  }
  return joined;
}
