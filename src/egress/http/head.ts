/** A head may have as many bytes, its blank line included. */
export const MAX_HEAD = 16_384;

const CR = 13;
const LF = 10;

/** The lines of a message's head, without their ends; each byte is a character. */
export type Head =
  | { readonly kind: "more" }
  | { readonly kind: "too-long" }
  | {
      readonly kind: "head";
      readonly lines: readonly string[];
      /** Bytes with the blank line. */ readonly size: number;
    };

/** Cuts the head off the front of `bytes`: lines up to the first empty one. A lone LF ends a line, as RFC 9112 §2.2 allows. */
export function readHead(bytes: Uint8Array): Head {
  const end = Math.min(bytes.length, MAX_HEAD);
  const lines: string[] = [];
  let from = 0;
  for (let at = bytes.indexOf(LF); at !== -1 && at < end; at = bytes.indexOf(LF, from)) {
    const line = bytes.subarray(from, at > from && bytes[at - 1] === CR ? at - 1 : at);
    from = at + 1;
    if (line.length === 0) return { kind: "head", lines, size: from };
    lines.push(latin1(line));
  }
  return { kind: end === MAX_HEAD ? "too-long" : "more" };
}

/** The first line, whole or not. At most `most` bytes are looked at. */
export function firstLine(
  bytes: Uint8Array,
  most: number,
): { readonly text: string; readonly whole: boolean } {
  const seen = bytes.subarray(0, most);
  const end = seen.indexOf(LF);
  const line = end === -1 ? seen : seen.subarray(0, end > 0 && seen[end - 1] === CR ? end - 1 : end);
  return { text: latin1(line), whole: end !== -1 };
}

export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
