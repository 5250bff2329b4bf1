import { latin1 } from "./head.ts";

/**
 * Where a message ends after its head. `rest`: with the stream. `unclear`: two readers could disagree about it; `why`
 * is one clause of our words.
 */
export type Framing =
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" | "rest" }
  | { readonly kind: "unclear"; readonly why: string };

/** A head as far as framing goes: the first line, and for each name in lower case the values of its headers. */
export interface Fields {
  readonly first: string;
  readonly values: (name: string) => readonly string[];
}

const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)$/;
const LENGTH = /^\d{1,15}$/;

/** Reads a head, its empty line included, so strictly that nobody can read it in another way. */
export function fieldsOf(head: Uint8Array): Fields | { readonly unclear: string } {
  const text = latin1(head);
  if (/(?:^|[^\r])\n|\r(?!\n)/.test(text)) return { unclear: "a line of its head has an unusual end" };
  const [first = "", ...lines] = text.split("\r\n").slice(0, -2);
  const all = new Map<string, string[]>();
  for (const line of lines) {
    const [, name = "", value = ""] = HEADER.exec(line) ?? [];
    if (name === "") return { unclear: "a header of it can be read in several ways" };
    const key = name.toLowerCase();
    all.set(key, [...(all.get(key) ?? []), value.trim().toLowerCase()]);
  }
  return { first, values: (name) => all.get(name) ?? [] };
}

/** How a request goes on. */
export function requestFraming({ first, values }: Fields): Framing {
  return bodyOf(values, !first.endsWith("HTTP/1.0")) ?? { kind: "length", bytes: 0 };
}

/** How an answer goes on. */
export function responseFraming({ first, values }: Fields, status: number, method: string): Framing {
  if (method === "HEAD" || status < 200 || status === 204 || status === 304)
    return { kind: "length", bytes: 0 };
  return bodyOf(values, !first.startsWith("HTTP/1.0")) ?? { kind: "rest" };
}

function bodyOf(values: Fields["values"], mayBeChunked: boolean): Framing | undefined {
  const codings = values("transfer-encoding");
  const lengths = values("content-length");
  const [length] = lengths;
  if (codings.length > 0) {
    if (lengths.length > 0)
      return { kind: "unclear", why: "it has both Transfer-Encoding and Content-Length" };
    return codings.length === 1 && codings[0] === "chunked" && mayBeChunked
      ? { kind: "chunked" }
      : { kind: "unclear", why: "its Transfer-Encoding can be read in several ways" };
  }
  if (length === undefined) return undefined;
  return lengths.length === 1 && LENGTH.test(length)
    ? { kind: "length", bytes: Number(length) }
    : { kind: "unclear", why: "its Content-Length can be read in several ways" };
}
