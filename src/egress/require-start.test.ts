import fc from "fast-check";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { beforeAll, describe, expect, it } from "vitest";
import { clientHello } from "../../test/support/client-hello.ts";
import { duplexPair } from "../../test/support/duplex-pair.ts";
import type { NamedDestination, Terms } from "../policy/network/index.ts";
import { requireStart } from "./require-start.ts";

const TO: NamedDestination = { kind: "name", name: "server.test", port: 443 };
const REQUEST = Buffer.from("GET / HTTP/1.1\r\nHost: server.test\r\n\r\n");
/** How streams begin, by their protocol. */
const starts: Record<"http" | "tls", Buffer> = { http: REQUEST, tls: Buffer.alloc(0) };
beforeAll(async () => {
  starts.tls = await clientHello("other.test");
});

const terms = (protocol: Terms["protocol"]): Terms => ({ protocol, tls: false, inspect: false, inject: {} });

/** Why a stream in which these pieces come and no more is refused, or what is left in it for the server. */
async function judged(protocol: Terms["protocol"], pieces: readonly Uint8Array[]): Promise<string | Buffer> {
  const [program, guest] = duplexPair();
  for (const piece of pieces) program.write(piece);
  program.end();
  const refusal = await requireStart(guest, TO, terms(protocol));
  return refusal?.refused.reason ?? (await rest(guest));
}

async function rest(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(stream, "end");
  return Buffer.concat(chunks);
}

/** Bytes in pieces, fewer than are looked at. */
const cut = (bytes: Uint8Array, at: readonly number[]): Uint8Array[] => {
  const places = [
    0,
    ...at.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b),
    bytes.length,
  ];
  return places
    .slice(1)
    .map((place, i) => bytes.subarray(places[i], place))
    .filter(({ length }) => length > 0);
};
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });

describe.each(["http", "tls"] as const)("a rule for %s only", (protocol) => {
  const other = protocol === "http" ? "tls" : "http";

  it("passes what begins so, however it is cut and whatever follows, and leaves it whole", async () => {
    await fc.assert(
      fc.asyncProperty(places, fc.uint8Array(), async (at, tail) => {
        const bytes = Buffer.concat([starts[protocol], tail]);
        expect(await judged(protocol, cut(bytes, at))).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  it("refuses the other, what is cut off, and silence", async () => {
    const what = protocol === "tls" ? "TLS" : "a request of HTTP/1";
    const reason = `it did not begin with ${what}, which this rule requires`;
    for (const bytes of [
      starts[other],
      starts[protocol].subarray(0, -1),
      Buffer.from("SSH-2.0-x\r\n"),
      Buffer.alloc(0),
    ])
      expect(await judged(protocol, cut(bytes, []))).toBe(reason);
  });
});

it("no bytes begin with both protocols, and a rule that names none takes all", async () => {
  const beginning = fc.oneof(
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(fc.constantFrom("http", "tls"), fc.nat(600), fc.uint8Array())
      .map(([kind, length, tail]) => Buffer.concat([starts[kind as "http"].subarray(0, length), tail])),
  );
  await fc.assert(
    fc.asyncProperty(beginning, places, async (bytes, at) => {
      const [http, tls, any] = await Promise.all(
        (["http", "tls", undefined] as const).map(async (each) => await judged(each, cut(bytes, at))),
      );
      expect(any).toEqual(bytes);
      const passed = [http, tls].filter((each) => typeof each !== "string");
      expect(passed.length).toBeLessThanOrEqual(1);
      for (const left of passed) expect(left).toEqual(bytes);
    }),
    { numRuns: 300 },
  );
});
