import { isUtf8 } from "node:buffer";

/** Characters that JSON leaves as they are and a terminal or a reader could be misled by. */
const ESCAPED = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** One line of JSON that is safe to show; indented on a terminal. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, undefined, process.stdout.isTTY ? 2 : undefined);
  return text.replace(ESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export function writeJson(value: unknown): void {
  process.stdout.write(`${jsonText(value)}\n`);
}

/** A task's bytes: as text where they are valid UTF-8, which nearly all are, else in base64. */
export interface EncodedBytes {
  readonly encoding: "utf8" | "base64";
  readonly data: string;
}

export function encodeBytes(bytes: Buffer): EncodedBytes {
  const encoding = isUtf8(bytes) ? "utf8" : "base64";
  return { encoding, data: bytes.toString(encoding) };
}
