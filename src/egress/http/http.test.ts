import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuzzRuns } from "../../../test/support/agent-arbitraries.ts";
import { httpRecord, readRequestHead } from "./index.ts";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const request = (text: string): ReturnType<typeof readRequestHead> => readRequestHead(bytes(text));

describe("readRequestHead", () => {
  it.each<[string, string, object]>([
    [
      "origin form",
      "GET /a?b=c HTTP/1.1\r\nHost: Example.org:8080\r\n\r\n",
      { method: "GET", host: "example.org:8080", path: "/a?b=c" },
    ],
    [
      "a Host without a space",
      "GET / HTTP/1.1\r\nA: b\r\nhOST:x\r\n\r\nrest",
      { method: "GET", host: "x", path: "/" },
    ],
    ["no Host", "GET / HTTP/1.0\r\n\r\n", { method: "GET", host: undefined, path: "/" }],
    ["an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", { method: "GET", host: undefined, path: "/" }],
    [
      "absolute form",
      "GET http://u@A.example:81/p?q HTTP/1.1\r\nHost: b\r\n\r\n",
      { method: "GET", host: "a.example:81", path: "/p?q" },
    ],
    [
      "absolute form without a path",
      "GET http://a?q HTTP/1.1\r\n\r\n",
      { method: "GET", host: "a", path: "/?q" },
    ],
    [
      "CONNECT",
      "CONNECT a.example:443 HTTP/1.1\r\nHost: b\r\n\r\n",
      { method: "CONNECT", host: "a.example:443", path: "" },
    ],
    ["OPTIONS *", "OPTIONS * HTTP/1.1\nHost: a\n\n", { method: "OPTIONS", host: "a", path: "*" }],
    [
      "an unusual method",
      "M-SEARCH /x HTTP/1.1\r\nHost: a\r\n\r\n",
      { method: "M-SEARCH", host: "a", path: "/x" },
    ],
  ])("reads %s", (_what, text, expected) => {
    expect(request(text)).toEqual({ kind: "request", ...expected });
  });

  it.each<[string, string, string]>([
    ["nothing", "", "more"],
    ["half a method", "GE", "more"],
    ["half a target", "GET /abc", "more"],
    ["a head without its end", "GET / HTTP/1.1\r\nHost: a\r\n", "more"],
    ["half a preface", "PRI * HTTP/2.0\r\n\r\nS", "more"],
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0", "http2"],
    ["TLS", "\x16\x03\x01\x02\x00\x01", "not-http"],
    ["SSH", "SSH-2.0-OpenSSH_9.2p1\r\n", "not-http"],
    ["SMTP", "EHLO example.org\r\n", "not-http"],
    ["HTTP/0.9", "GET /\r\n", "malformed"],
    ["a long method", "A".repeat(33), "not-http"],
    ["a control in the target", "GET /\0", "malformed"],
    ["a word that is no path", "GET key\r\n", "not-http"],
    ["RTSP", "OPTIONS rtsp://a/b RTSP/1.0\r\n", "not-http"],
    ["two spaces", "GET  / HTTP/1.1\r\n", "malformed"],
    ["several Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "malformed"],
    ["a target without an end", `GET /${"a".repeat(17_000)}`, "malformed"],
    ["a head without an end", `GET / HTTP/1.1\r\n${"a: b\r\n".repeat(3000)}`, "malformed"],
  ])("says of %s what it is", (_what, text, kind) => {
    expect(request(text).kind).toBe(kind);
  });
});

describe("readRequestHead on anything", () => {
  const texts = [
    "GET /a HTTP/1.1\r\nHost: a.example\r\nX: y\r\n\r\nbody",
    "POST http://b.example/ HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\nabc",
    "CONNECT c.example:443 HTTP/1.1\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "GET  /two-spaces HTTP/1.1\r\nHost: a\r\n\r\n",
  ].map(bytes);

  it("never throws, and never takes back what it said, on 50,000 damaged heads", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(2)), { maxLength: 5 }),
        fc.nat(),
        (text, wounds, cut) => {
          const whole = wounds.reduce(wound, text);
          const part = whole.subarray(0, cut % (whole.length + 1));
          const early = readRequestHead(part);
          if (early.kind !== "more")
            expect(JSON.stringify(readRequestHead(whole))).toBe(JSON.stringify(early));
        },
      ),
      { numRuns: fuzzRuns(50_000) },
    );
  }, 120_000);

  it("takes any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (any) => {
        readRequestHead(any);
      }),
      { numRuns: fuzzRuns(5000) },
    );
  });
});

describe("httpRecord", () => {
  it("shows no control and no more than fits", () => {
    const record = httpRecord({ method: "GET", host: "a\u001b[2J", path: `/\u202e${"x".repeat(600)}` }, 200);
    expect(record.host).toBe("a\\u{1b}[2J");
    expect(record.path.startsWith("/\\u{202e}x")).toBe(true);
    expect(record.path.length).toBeLessThan(520);
    expect(httpRecord({ method: "GET", host: undefined, path: "" }, undefined).host).toBe("");
  });
});

function wound(text: Buffer, [place, value, way]: [number, number, number]): Buffer {
  const at = place % Math.max(1, text.length);
  if (way === 0) return Buffer.concat([text.subarray(0, at), text.subarray(at + (value % 9))]);
  if (way === 1)
    return Buffer.concat([text.subarray(0, at), Buffer.alloc(value % 9, value), text.subarray(at)]);
  const copy = Buffer.from(text);
  copy[at] = value;
  return copy;
}
