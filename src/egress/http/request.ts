import { firstLine, latin1, MAX_HEAD, readHead } from "./head.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** Longest method that is believed; the registered ones have at most 17 letters. */
const MAX_METHOD = 32;
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.[01]$/;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/i;

const BEGINNING = 64;
/** What is meant as a request of HTTP by whoever begins so, even where we cannot read it. */
const BEGINS =
  /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PROPFIND|REPORT) +(?:\/|\*|https?:\/\/)/i;

/** A request. Its strings are a guest's: neutralise them to show them. */
export interface RequestHead {
  readonly kind: "request";
  /** As sent: methods are case-sensitive. */
  readonly method: string;
  /**
   * Host and port that it is for, in lower case, as sent in the target (absolute form, CONNECT) or else in its one Host
   * header; undefined where it has none.
   */
  readonly host: string | undefined;
  /** Path and query; `*` for OPTIONS of a whole server; empty for CONNECT. */
  readonly path: string;
}

/**
 * `more`: not to be told yet. `http2`: the preface of HTTP/2 without TLS. `malformed`: it began as HTTP/1 does, and
 * went wrong; `why` is one clause of our words.
 */
export type RequestReading =
  | { readonly kind: "more" | "not-http" | "http2" }
  | { readonly kind: "malformed"; readonly why: string }
  | RequestHead;

/**
 * Reads the request at the front of a plain-text stream. Call it again with a longer prefix while it says `more`, which
 * ends at 16,384 bytes at the latest. Pure; never throws.
 */
export function readRequestHead(prefix: Uint8Array): RequestReading {
  const start = latin1(prefix.subarray(0, PREFACE.length));
  if (start === PREFACE) return { kind: "http2" };
  if (PREFACE.startsWith(start)) return { kind: "more" };
  const reading = readHttp1(prefix);
  return reading.kind === "not-http" && BEGINS.test(latin1(prefix.subarray(0, BEGINNING)))
    ? { kind: "malformed", why: "what begins as a request cannot be read as one of HTTP/1" }
    : reading;
}

function readHttp1(prefix: Uint8Array): RequestReading {
  const line = firstLine(prefix, MAX_HEAD);
  const [method = "", ...rest] = line.text.slice(0, MAX_METHOD + 1).split(" ");
  if (!METHOD.test(method) || method.length > MAX_METHOD) return { kind: "not-http" };
  if (!line.whole) return { kind: prefix.length >= MAX_HEAD || !couldGoOn(rest) ? "not-http" : "more" };
  const parts = REQUEST_LINE.exec(line.text);
  if (parts === null) return { kind: "not-http" };
  const head = readHead(prefix);
  if (head.kind === "more") return head;
  if (head.kind === "too-long") return { kind: "malformed", why: `a head of more than ${MAX_HEAD} bytes` };
  return requestOf({ method: parts[1] ?? "", target: parts[2] ?? "" }, head.lines.slice(1));
}

/** Whether what follows the method, as far as it is there, can be a target. */
function couldGoOn(rest: readonly string[]): boolean {
  return rest[0] === undefined || !/[^\x21-\x7e\x80-\xff]/.test(rest[0]);
}

function requestOf(line: { method: string; target: string }, headers: readonly string[]): RequestReading {
  const { method, target } = line;
  const hosts = headers.filter((header) => /^host\s*:/i.test(header)).map(valueOf);
  if (hosts.length > 1) return { kind: "malformed", why: "several Host headers" };
  const host = hosts[0] === "" ? undefined : hosts[0];
  if (method === "CONNECT") return { kind: "request", method, host: target.toLowerCase(), path: "" };
  const absolute = ABSOLUTE.exec(target);
  if (absolute === null) return { kind: "request", method, host: host?.toLowerCase(), path: target };
  const [, authority = "", path = ""] = absolute;
  return {
    kind: "request",
    method,
    host: authority.slice(authority.lastIndexOf("@") + 1).toLowerCase(),
    path: path.startsWith("/") ? path : `/${path}`,
  };
}

function valueOf(header: string): string {
  return header.slice(header.indexOf(":") + 1).trim();
}
