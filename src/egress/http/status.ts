import { firstLine, latin1, MAX_HEAD, readHead } from "./head.ts";

const STATUS_LINE = /^HTTP\/1\.[01] ([1-9]\d\d)(?: |$)/;
const START = "HTTP/1.";

/** `more`: not to be told yet. */
export type StatusReading =
  { readonly kind: "more" | "not-http" } | { readonly kind: "status"; readonly status: number };

/**
 * Reads the status of the first answer at the front of what a server sends; interim ones (1xx, but for 101, which is
 * final) are skipped. Call it again with a longer prefix while it says `more`, which ends at 16,384 bytes at the
 * latest. Pure; never throws.
 */
export function readStatus(prefix: Uint8Array): StatusReading {
  for (let rest = prefix.subarray(0, MAX_HEAD); ;) {
    const start = latin1(rest.subarray(0, START.length));
    if (!START.startsWith(start)) return { kind: "not-http" };
    const line = firstLine(rest, MAX_HEAD);
    const unfinished = prefix.length >= MAX_HEAD ? "not-http" : "more";
    if (!line.whole) return { kind: unfinished };
    const status = Number(STATUS_LINE.exec(line.text)?.[1] ?? 0);
    if (status === 0) return { kind: "not-http" };
    if (status >= 200 || status === 101) return { kind: "status", status };
    const head = readHead(rest);
    if (head.kind !== "head") return { kind: unfinished };
    rest = rest.subarray(head.size);
  }
}
