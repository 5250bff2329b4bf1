/**
 * UTF-8 by hand, because this folder compiles with neither Node's nor a browser's types.
 *
 * Names in a guest are bytes. A byte that is not UTF-8 becomes the lone surrogate U+DC80 … U+DCFF, and goes back to
 * that byte (Python's "surrogateescape"): every name survives the way to the host and back, no two names become one,
 * and `neutralise` shows such a byte as an escape. ASCII is never escaped, so no `/` can hide in a surrogate.
 */
const ESCAPE = 0xdc00;
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000];

/** Bytes to text; never fails, and `utf8Encode` gives the same bytes back. */
export function utf8Decode(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    const size = first < 0x80 ? 1 : sequenceSize(first);
    const point = size === 1 ? first : pointAt(bytes, at, size);
    text += point < 0 ? String.fromCharCode(ESCAPE + first) : String.fromCodePoint(point);
    at += point < 0 ? 1 : size;
  }
  return text;
}

/** Text to bytes; undefined where it holds a lone surrogate that stands for no byte. */
export function utf8Encode(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length * 3); // no UTF-16 unit needs more
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i) ?? 0;
    if (point < 0x80) {
      bytes[at++] = point;
    } else if (point >= 0xd800 && point <= 0xdfff) {
      if (point < ESCAPE + 0x80 || point > ESCAPE + 0xff) return undefined;
      bytes[at++] = point - ESCAPE;
    } else {
      at = writePoint(bytes, at, point);
      if (point > 0xffff) i++;
    }
  }
  return bytes.subarray(0, at);
}

function sequenceSize(first: number): number {
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** The code point of `size` bytes at `at`, or -1 where they are no UTF-8 (too long a form, surrogate, cut short). */
function pointAt(bytes: Uint8Array, at: number, size: number): number {
  if (size === 0) return -1;
  let point = (bytes[at] ?? 0) & (0x7f >> size);
  for (let i = 1; i < size; i++) {
    const next = bytes[at + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return -1;
    point = (point << 6) | (next & 0x3f);
  }
  const surrogate = point >= 0xd800 && point <= 0xdfff;
  return surrogate || point < (SMALLEST[size] ?? 0) || point > 0x10ffff ? -1 : point;
}

function writePoint(bytes: Uint8Array, start: number, point: number): number {
  let at = start;
  if (point < 0x800) {
    bytes[at++] = 0xc0 | (point >> 6);
  } else if (point < 0x10000) {
    bytes[at++] = 0xe0 | (point >> 12);
    bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
  } else {
    bytes[at++] = 0xf0 | (point >> 18);
    bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
    bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
  }
  bytes[at++] = 0x80 | (point & 0x3f);
  return at;
}
