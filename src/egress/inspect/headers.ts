import { MayflyError } from "../../foundation/index.ts";
import { FRAMING, HOP_BY_HOP, headerNameProblem, headerValueProblem } from "../../policy/network/index.ts";

const WITHOUT_BODY = new Set(["GET", "HEAD", "DELETE", "OPTIONS"]);

/** Names and values by turns, as `rawHeaders` has them. */
export type RawHeaders = readonly string[];
export type Pair = [name: string, value: string];

export function pairsOf(raw: RawHeaders): Pair[] {
  const pairs: Pair[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([raw[at] ?? "", raw[at + 1] ?? ""]);
  return pairs;
}

/** The values of every header of that name, in lower case. */
export function valuesOf(raw: RawHeaders, wanted: string): string[] {
  return pairsOf(raw).flatMap(([name, value]) =>
    name.toLowerCase() === wanted ? [value.toLowerCase()] : [],
  );
}

/** What goes from one connection on to the next: all but hop-by-hop headers and those that Connection names. */
export function endToEnd(raw: RawHeaders): Pair[] {
  const named = valuesOf(raw, "connection").flatMap((value) => value.split(",").map((name) => name.trim()));
  const left = new Set([
    ...HOP_BY_HOP,
    ...named.filter((name) => name !== "host" && name !== "content-length"),
  ]);
  return pairsOf(raw).filter(([name]) => !left.has(name.toLowerCase()));
}

/** The headers of a guest's request as the real server gets them, framing included. */
export function forRealServer(
  request: { readonly method: string; readonly rawHeaders: RawHeaders },
  { host, inject }: { readonly host: string; readonly inject: Readonly<Record<string, string>> },
): string[] {
  const replaced = new Set([...Object.keys(inject).map((name) => name.toLowerCase()), "host"]);
  const kept = endToEnd(request.rawHeaders).filter(([name]) => !replaced.has(name.toLowerCase()));
  const headers: Pair[] = [["Host", host], ...kept, ...Object.entries(inject)];
  if (isChunked(request.rawHeaders)) headers.push(["Transfer-Encoding", "chunked"]);
  else if (!WITHOUT_BODY.has(request.method) && valuesOf(request.rawHeaders, "content-length").length === 0) {
    headers.push(["Content-Length", "0"]);
  }
  return headers.flat();
}

/** Trailers of a guest's request: none that would stand in for an injected header, or for framing. */
export function trailersForRealServer(raw: RawHeaders, inject: Readonly<Record<string, string>>): Pair[] {
  const replaced = new Set([...Object.keys(inject).map((name) => name.toLowerCase()), ...FRAMING]);
  return endToEnd(raw).filter(([name]) => !replaced.has(name.toLowerCase()));
}

/** Whether a head says that a body follows. */
export function isFramed(raw: RawHeaders): boolean {
  return isChunked(raw) || valuesOf(raw, "content-length").length > 0;
}

export function isChunked(raw: RawHeaders): boolean {
  return valuesOf(raw, "transfer-encoding").length > 0;
}

/** Headers that may be injected, checked. @throws E_USAGE; the message has no value of a header */
export function checkInjected(inject: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(inject)) {
    const problem = headerNameProblem(name) ?? headerValueProblem(value);
    if (problem !== undefined) {
      throw new MayflyError("E_USAGE", `The header ${JSON.stringify(name)} cannot be injected: ${problem}`, {
        next: "Name a header that is not about framing, routing or one connection, with a value on one line.",
      });
    }
  }
  return inject;
}
