import { Duplex } from "node:stream";
import { connect, type ConnectionOptions } from "node:tls";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuzzRuns } from "../../../test/support/agent-arbitraries.ts";
import { readClientHello, type HelloReading } from "./index.ts";

/** What `openssl s_client -connect 127.0.0.1:8443 -servername Example.ORG -alpn h2,http/1.1` (OpenSSL 3.0) sends first. */
const OPENSSL = Buffer.from(
  "160301014a010001460303f09762433fc7a7b1860728ab5c46c0a383e5619696f3a50cfb0c1e319b5e5f87202892328bf31d1cb0ad5d64fbb4ed99b5543bc33ad7db658893d940173532497a003e130213031301c02cc030009fcca9cca8ccaac02bc02f009ec024c028006bc023c0270067c00ac0140039c009c0130033009d009c003d003c0035002f00ff010000bf00000010000e00000b4578616d706c652e4f5247000b000403000102000a00160014001d0017001e0019001801000101010201030104002300000010000e000c02683208687474702f312e310016000000170000000d002a0028040305030603080708080809080a080b080408050806040105010601030303010302040205020602002b0009080304030303020301002d00020101003300260024001d0020ba3a09ad562bcbea547a81376c5e1e4616c0c4f42a369768a60adfa91429b209",
  "hex",
);
/** What `curl https://probe.example.net/` (7.88, OpenSSL) sends first. */
const CURL = Buffer.from(
  "1603010200010001fc03037c26835b6c74b5288f5c2aeb7f9f5a4bca53fb1499740885af15cf426909829b2044c03b81e7dbede114660dc670e6348a8256d4cdbecd7962a346c9055ece0f1b003e130213031301c02cc030009fcca9cca8ccaac02bc02f009ec024c028006bc023c0270067c00ac0140039c009c0130033009d009c003d003c0035002f00ff0100017500000016001400001170726f62652e6578616d706c652e6e6574000b000403000102000a00160014001d0017001e00190018010001010102010301040010000e000c02683208687474702f312e31001600000017000000310000000d002a0028040305030603080708080809080a080b080408050806040105010601030303010302040205020602002b0009080304030303020301002d00020101003300260024001d0020fbc2457638642b35d03789add8652c1aa8a62603b8585511152b13d24c263524001500ac00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
  "hex",
);

async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  return await new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write(chunk: Buffer) {
        resolve(chunk);
      },
    });
    const client = connect({ ...options, socket: wire });
    client.on("error", () => undefined);
  });
}

/** The same handshake bytes in records of `size` bytes. */
function recut(hello: Buffer, size: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 5; at < hello.length; at += size) {
    const fragment = hello.subarray(at, at + size);
    pieces.push(Buffer.from([22, 3, 1, fragment.length >>> 8, fragment.length & 255]), fragment);
  }
  return Buffer.concat(pieces);
}

interface Extension {
  readonly type: number;
  readonly body: Uint8Array;
}

const vector = (size: number, body: Uint8Array): Buffer => {
  const length = Buffer.alloc(size);
  length.writeUIntBE(body.length, 0, size);
  return Buffer.concat([length, body]);
};

/** A hello made by hand. */
function build(extensions: readonly Extension[] | undefined, trailing = Buffer.alloc(0)): Buffer {
  const block = (extensions ?? []).map(({ type, body }) =>
    Buffer.concat([Buffer.from([type >>> 8, type & 255]), vector(2, body)]),
  );
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(0)),
    vector(2, Buffer.from([0x13, 0x01])),
    vector(1, Buffer.from([0])),
    ...(extensions === undefined ? [] : [vector(2, Buffer.concat(block))]),
    trailing,
  ]);
  const message = Buffer.concat([Buffer.from([1]), vector(3, body)]);
  return recut(Buffer.concat([Buffer.alloc(5), message]), 16_384);
}

const hostName = (name: string | Uint8Array, type = 0): Buffer =>
  Buffer.concat([Buffer.from([type]), vector(2, Buffer.from(name as string))]);
const serverName = (...names: Buffer[]): Extension => ({
  type: 0,
  body: vector(2, Buffer.concat(names)),
});
const why = (reading: HelloReading): string => (reading.kind === "malformed" ? reading.why : reading.kind);

describe("readClientHello", () => {
  it("reads what Node says", async () => {
    const hello = await helloOf({ servername: "Docs.Example.ORG", ALPNProtocols: ["h2", "http/1.1"] });
    expect(readClientHello(hello)).toEqual({
      kind: "hello",
      serverName: "docs.example.org",
      alpn: ["h2", "http/1.1"],
      versions: [0x0304, 0x0303],
      encryptedName: false,
    });
  });

  it("reads a TLS 1.2 client without a name", async () => {
    const reading = readClientHello(await helloOf({ maxVersion: "TLSv1.2" }));
    expect(reading).toMatchObject({ kind: "hello", serverName: undefined, alpn: [], versions: [0x0303] });
  });

  it("reads what openssl and curl say", () => {
    expect(readClientHello(OPENSSL)).toMatchObject({
      serverName: "example.org",
      alpn: ["h2", "http/1.1"],
      versions: [0x0304, 0x0303, 0x0302, 0x0301],
    });
    expect(readClientHello(CURL)).toMatchObject({
      serverName: "probe.example.net",
      alpn: ["h2", "http/1.1"],
      versions: [0x0304, 0x0303, 0x0302, 0x0301],
    });
  });

  it("says more for every shorter prefix, however the hello is cut into records", async () => {
    const hello = await helloOf({ servername: "a.example" });
    for (const size of [5, 16, 100, 16_384]) {
      const bytes = recut(hello, size);
      const records = Math.ceil((hello.length - 5) / size);
      if (records > 64) {
        expect(why(readClientHello(bytes))).toBe("more than 64 records");
        continue;
      }
      for (let end = 0; end < bytes.length; end++)
        expect(why(readClientHello(bytes.subarray(0, end)))).toBe("more");
      expect(readClientHello(bytes)).toMatchObject({ kind: "hello", serverName: "a.example" });
      expect(readClientHello(Buffer.concat([bytes, Buffer.from("later")]))).toMatchObject({ kind: "hello" });
    }
  });

  it("knows what is not TLS at the first byte that tells", () => {
    for (const text of ["GET / HTTP/1.1\r\n", "SSH-2.0-x", "\0", "\x16\x02", "\x16\x03\x05"])
      expect(readClientHello(Buffer.from(text, "latin1")).kind).toBe("not-tls");
    expect(readClientHello(new Uint8Array(0)).kind).toBe("more");
  });

  it("notices an encrypted name", () => {
    const reading = readClientHello(
      build([serverName(hostName("front.example")), { type: 0xfe0d, body: Buffer.from([0, 0, 1]) }]),
    );
    expect(reading).toMatchObject({ serverName: "front.example", encryptedName: true });
    expect(readClientHello(build(undefined))).toMatchObject({ kind: "hello", encryptedName: false });
  });

  const one = serverName(hostName("a.example"));
  const many = Array.from({ length: 101 }, (_, n) => ({ type: 1000 + n, body: Buffer.alloc(0) }));
  it.each<[string, Buffer, string]>([
    [
      "two names",
      build([serverName(hostName("a.example"), hostName("b.example"))]),
      "its server_name is not one host name",
    ],
    ["no name", build([{ type: 0, body: Buffer.from([0, 0]) }]), "its server_name is not one host name"],
    ["an empty name", build([serverName(hostName(""))]), "its server_name is not one host name"],
    ["another kind of name", build([serverName(hostName("a", 1))]), "its server_name is not one host name"],
    [
      "NUL in the name",
      build([serverName(hostName("a.example\0.b"))]),
      "its server_name is not one host name",
    ],
    [
      "bytes beyond ASCII",
      build([serverName(hostName(Buffer.from([0xc3, 0xa4])))]),
      "its server_name is not one host name",
    ],
    [
      "256 characters",
      build([serverName(hostName("a".repeat(256)))]),
      "its server_name is not one host name",
    ],
    ["server_name twice", build([one, one]), "extension 0 comes twice"],
    ["101 extensions", build(many), "more than 100 extensions"],
    [
      "an empty protocol",
      build([{ type: 16, body: vector(2, Buffer.from([0, 0])) }]),
      "its list of protocols (ALPN)",
    ],
    [
      "an odd list of versions",
      build([{ type: 43, body: vector(1, Buffer.from([3, 4, 3])) }]),
      "its list of versions",
    ],
    [
      "bytes behind the extensions",
      build([one], Buffer.from([0])),
      "bytes follow the ClientHello's extensions",
    ],
    [
      "a second message in its record",
      recut(Buffer.concat([build([one]), Buffer.from([11])]), 16_384),
      "more handshake data in the ClientHello's record",
    ],
    ["another message first", Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0]), "handshake message 2 comes first"],
    ["an empty record", Buffer.from([22, 3, 1, 0, 0]), "a record of 0 bytes"],
    ["a long record", Buffer.from([22, 3, 1, 0x40, 1]), "a record of 16385 bytes"],
    [
      "an alert within",
      Buffer.from([22, 3, 1, 0, 1, 1, 21, 3, 1]),
      "a record of type 21 within the ClientHello",
    ],
    ["16 MiB", Buffer.from([22, 3, 1, 0, 4, 1, 255, 255, 255]), "a ClientHello of 16777215 bytes"],
  ])("refuses %s", (_what, bytes, reason) => {
    expect(why(readClientHello(bytes))).toBe(reason);
  });

  it("never throws, keeps its bounds, and decides once, on 60,000 damaged hellos", async () => {
    const hellos = [
      OPENSSL,
      CURL,
      recut(CURL, 40),
      build([one]),
      await helloOf({ servername: "b.example", ALPNProtocols: ["x"] }),
    ];
    let runs = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...hellos),
        fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(4)), { maxLength: 6 }),
        fc.nat(),
        (hello, wounds, cut) => {
          const bytes = wounds.reduce(wound, hello);
          const whole = readClientHello(bytes);
          const part = readClientHello(bytes.subarray(0, cut % (bytes.length + 1)));
          expect(part.kind === "more" || isSame(part, whole)).toBe(true);
          if (whole.kind === "hello" && whole.serverName !== undefined)
            expect(/^[\x21-\x7e]{1,255}$/.test(whole.serverName)).toBe(true);
          runs++;
        },
      ),
      { numRuns: fuzzRuns(60_000) },
    );
    expect(runs).toBeGreaterThanOrEqual(60_000);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        readClientHello(bytes);
        readClientHello(Buffer.concat([Buffer.from([22, 3, 1]), bytes]));
      }),
      { numRuns: fuzzRuns(5000) },
    );
  }, 120_000);
});

function wound(bytes: Buffer, [place, value, way]: [number, number, number]): Buffer {
  const at = place % Math.max(1, bytes.length);
  const copy = Buffer.from(bytes);
  if (way <= 1) copy[at] = value;
  else if (way === 2) copy[at] = (copy[at] ?? 0) ^ (1 << (value % 8));
  else if (way === 3) return Buffer.concat([copy.subarray(0, at), copy.subarray(at + value)]);
  else return Buffer.concat([copy.subarray(0, at), Buffer.alloc(value % 40, value), copy.subarray(at)]);
  return copy;
}

/** Of what is malformed, a longer prefix may find another fault first. */
function isSame(part: HelloReading, whole: HelloReading): boolean {
  if (part.kind === "malformed") return whole.kind === "malformed";
  return JSON.stringify(part) === JSON.stringify(whole);
}
