import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectAgent, type AgentConnection, type OutwardStream } from "../../src/channel/index.ts";
import * as wire from "../../src/contract/agent/index.ts";
import { MayflyError, openUntrusted, within } from "../../src/foundation/index.ts";
import { FakeGuest, socketPair } from "../support/fake-guest.ts";

const MIB = 1024 * 1024;
const COMMAND = { argv: ["sh"], env: {}, cwd: "/", user: "task" };
const FULL = new Uint8Array(wire.MAX_PAYLOAD);

async function connected(): Promise<{ agent: AgentConnection; guest: FakeGuest }> {
  const [near, far] = await socketPair();
  const agent = connectAgent(near);
  const guest = new FakeGuest(far);
  const hello = agent.hello();
  await guest.saw("HELLO");
  guest.ready();
  await hello;
  return { agent, guest };
}

/** A connection in the midst of things: call 1, process 3 and 5, put 7, list 9, connect 11, get 13. */
async function busy(): Promise<{ agent: AgentConnection; guest: FakeGuest; pending: Promise<unknown>[] }> {
  const { agent, guest } = await connected();
  const call = agent.seal("/");
  const command = agent.exec(COMMAND);
  const put = agent.put({ path: "/f", mode: 0, owner: "" }, FULL.subarray(0, 10));
  const list = agent.list("/", { maxEntries: 2, maxDepth: 2 });
  const connect = agent.connect({ port: 1 });
  agent.onOutward(() => undefined); // open, and nobody reads
  const pending = [call, command.exit, put, list, connect, text(agent.get("/f"))];
  for (const promise of pending) promise.catch(() => undefined); // looked at by some tests only
  await guest.saw("GET");
  return { agent, guest, pending };
}

async function ending(agent: AgentConnection): Promise<MayflyError | undefined> {
  return await within(agent.closed, 10_000, { late: () => new MayflyError("E_INTERNAL", "never ended") });
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
function memory(): number {
  collectGarbage();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

/** Freed buffers are swept a little later than the collection that finds them. */
async function expectHeld(before: number): Promise<void> {
  await expect.poll(() => memory() - before, { timeout: 5000 }).toBeLessThan(8 * MIB);
}

// A healthy guest beside every hostile one, in the same process.
let neighbour: AgentConnection;
beforeAll(async () => {
  const [near, far] = await socketPair();
  neighbour = connectAgent(near);
  new FakeGuest(far).serve();
  await neighbour.hello();
});
afterAll(() => {
  neighbour.destroy(new MayflyError("E_CLOSED", "the tests are over"));
});
async function neighbourIsWell(): Promise<void> {
  const command = neighbour.exec(COMMAND);
  expect(await text(command.stdout)).toBe("hi\n");
  command.stderr.resume();
  expect(await command.exit).toEqual({ kind: "exited", code: 0 });
}

const header = (length: number, stream: number, code: number): Buffer => {
  const bytes = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, code, 0, 0, 0]);
  bytes.writeUInt32LE(length, 0);
  bytes.writeUInt32LE(stream, 4);
  return bytes;
};
const data = (stream: number, bytes: Uint8Array): Uint8Array => wire.DATA.encode(stream, { bytes });
const end = (stream: number): Uint8Array => wire.END.encode(stream, {});
const ok = (stream: number): Uint8Array => wire.OK.encode(stream, {});
const record = (path: string): Uint8Array => wire.encodeRecord({ kind: "file", mode: 0, size: 0n, path });
const outward = (stream: number): Uint8Array => wire.OUTWARD.encode(stream, { port: 1, host: "x" });
const program = (stream: number): Uint8Array => wire.PROGRAM.encode(stream, { pid: 1, path: "/bin/x" });
const lookup = wire.LOOKUP.encode(0, { recordType: 1, name: "x" });
const event = wire.EVENT.encode(0, { kind: 1, count: 1 });
const exit = wire.EXIT.encode(3, { kind: 0, status: 0 });
const many = (count: number, make: (i: number) => Uint8Array): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => make(i));

describe("a guest that lies", () => {
  it.each<[string, Uint8Array[]]>([
    ["a payload of 65537 bytes", [header(65_537, 3, 0x20)]],
    ["a payload of 4294967295 bytes", [header(0xffff_ffff, 3, 0x20)]],
    ["not zero", [header(0, 3, 0x21).fill(1, 10, 11)]],
    ["is not below 2^31", [header(0, 0x8000_0001, 0x21)]],
    ["type 0xff", [header(0, 3, 0xff)]],
    ["type 0x10, which no guest may send", [header(60_000, 2, 0x10)]],
    ["type 0x32, which no guest may send", [header(0, 0, 0x32)]],
    ["READY without a HELLO", [wire.READY.encode(0, { version: 1, kernel: "again" })]],
    ["OK on stream 0", [ok(0)]],
    ["1 bytes on stream 3 with a credit of 0", [...many(4, () => data(3, FULL)), data(3, Buffer.from("x"))]],
    ["over 16777216", [wire.CREDIT.encode(3, { bytes: 16_777_216 })]],
    [
      "over 16777216",
      many(9, () => wire.CREDIT.encode(11, { bytes: 2_000_000 }))
        .concat(ok(11))
        .reverse(),
    ],
    ["DATA of 0 bytes", [header(0, 3, 0x20)]],
    ["DATA after END on stream 3", [end(3), data(3, FULL)]],
    ["a second END on stream 5", [end(5), end(5)]],
    ["EXIT before the END", [end(3), exit]],
    ["EXIT on stream 5 of a process", [wire.EXIT.encode(5, { kind: 0, status: 0 })]],
    ["EXIT.kind", [header(2, 3, 0x26), Buffer.from([9, 0])]],
    ["OK on stream 3", [ok(3)]],
    ["DATA where a call", [data(1, FULL)]],
    ["END where a file is being written", [end(7)]],
    ["CREDIT where a listing", [wire.CREDIT.encode(9, { bytes: 1 })]],
    ["DATA before a connection is confirmed", [data(11, FULL)]],
    ["OK on a connection", [ok(11), ok(11)]],
    ["EXIT where a file is being read", [wire.EXIT.encode(13, { kind: 0, status: 0 })]],
    ["not plain and relative", [data(9, record("../x"))]],
    ["no listed parent", [data(9, record("a/b"))]],
    ["more than 2 entries", ["a", "b", "c"].map((path) => data(9, record(path)))],
    ["within a record", [data(9, record("a").subarray(0, 9)), end(9)]],
    ["a listed path of 1162167621 bytes", [data(9, Buffer.alloc(60, "E"))]],
    ["OUTWARD opens stream 7", [outward(7)]],
    ["OUTWARD opens stream 4 after 4", [outward(4), outward(4)]],
    ["OUTWARD on stream 0", [outward(0)]],
    ["more than 65536 EVENTs", [Buffer.concat(many(65_537, () => event))]],
    ["more than 4096 LOOKUPs", [Buffer.concat(many(4097, () => lookup))]],
    ["LOOKUP on stream 2", [wire.LOOKUP.encode(2, { recordType: 1, name: "x" })]],
    [
      "PROGRAM of 1033 bytes",
      [header(1033, 2, 0x33), Buffer.from([1, 0, 0, 0, 1, 4, 0, 0]), FULL.subarray(0, 1025)],
    ],
    ["a second PROGRAM on stream 2", [outward(2), program(2), program(2)]],
    ["PROGRAM on stream 3", [program(3)]],
    ["1 bytes on stream 2 with a credit of 0", [outward(2), data(2, FULL), data(2, Buffer.from("x"))]],
    ["DATA after END on stream 2", [outward(2), end(2), data(2, Buffer.from("x"))]],
    ["OK on a stream of the guest", [outward(2), ok(2)]],
    ["EXIT on a stream of the guest", [outward(2), wire.EXIT.encode(2, { kind: 0, status: 0 })]],
    ["over 16777216", [outward(2), wire.CREDIT.encode(2, { bytes: 16_777_216 })]],
  ])("is found out: %s", async (rule, bytes) => {
    const { agent, guest, pending } = await busy();
    guest.raw(...bytes);
    const reason = await ending(agent);
    expect(reason?.code).toBe("E_GUEST_PROTOCOL");
    expect(reason?.message).toContain(rule);
    for (const result of await Promise.allSettled(pending)) {
      if (result.status === "rejected") expect(result.reason).toBe(reason);
    }
    await neighbourIsWell();
  });

  it("about a file that it says is complete before it was sent", async () => {
    const { agent, guest } = await connected();
    const put = agent.put({ path: "/f", mode: 0, owner: "" }, Buffer.alloc(MIB));
    await guest.saw("PUT");
    guest.raw(ok(1));
    await expect(put).rejects.toMatchObject({ code: "E_GUEST_PROTOCOL" });
    await neighbourIsWell();
  });

  it("with escape sequences is shown as harmless text", async () => {
    const { agent, guest } = await busy();
    const again = agent.seal("/x");
    guest.send(wire.ERROR, 15, {
      code: 1,
      errno: 0,
      message: "\x1b]0;pwned\x07\x1b[2J\u202egnp.exe\udcff\n",
    });
    const { message } = await again.then(
      () => new Error(),
      (cause: unknown) => cause as Error,
    );
    expect(message).toContain("\\u{1b}]0;pwned\\u{7}\\u{1b}[2J\\u{202e}gnp.exe\\u{dcff}\\u{a}");
    agent.destroy(new MayflyError("E_CLOSED", "over"));
  });
});

describe("a guest that dawdles", () => {
  it.each<[string, Uint8Array[]]>([
    ["says nothing", []],
    ["sends half a header", [header(10, 1, 0x05).subarray(0, 7)]],
    ["sends half a frame", [header(65_000, 3, 0x20), FULL.subarray(0, 100)]],
    [
      "speaks to streams that nobody opened",
      [data(2, FULL), end(4), ok(99), wire.CREDIT.encode(6, { bytes: 0xffff_ffff })],
    ],
  ])("and %s waits for the caller's deadline, and no longer", async (_what, bytes) => {
    const { agent, guest, pending } = await busy();
    guest.raw(...bytes);
    const late = new MayflyError("E_GUEST_SILENT", "no answer");
    await expect(within(Promise.all(pending), 50, { late: () => late })).rejects.toBe(late);
    agent.destroy(late);
    for (const result of await Promise.allSettled(pending)) expect(result).toMatchObject({ reason: late });
    await neighbourIsWell();
  });

  it("and sends byte by byte is understood", async () => {
    const { agent, guest } = await connected();
    const command = agent.exec(COMMAND);
    for (const byte of Buffer.concat([
      data(1, Buffer.from("slow")),
      end(3),
      end(1),
      wire.EXIT.encode(1, { kind: 0, status: 0 }),
    ])) {
      guest.raw([byte]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await text(command.stdout)).toBe("slow");
    await command.exit;
    agent.destroy(new MayflyError("E_CLOSED", "over"));
  });
});

describe("a guest that floods", () => {
  it("one stream that nobody reads blocks no other", async () => {
    const { agent, guest } = await connected();
    const command = agent.exec(COMMAND); // 1 and 3
    await guest.saw("EXEC");
    for (let i = 0; i < 4; i++) guest.raw(data(1, FULL));
    guest.raw(data(3, Buffer.from("heard")), end(3));
    expect(await text(command.stderr)).toBe("heard");
    const sealed = agent.seal("/"); // 5
    await guest.saw("SEAL");
    guest.raw(ok(5));
    await sealed;
    agent.destroy(new MayflyError("E_CLOSED", "over"));
  });

  it("with late frames is read and forgotten", async () => {
    const { agent, guest } = await connected();
    const before = memory();
    const frames = Buffer.concat([data(77, FULL), end(78), wire.RESET.encode(79, { code: 1 })]);
    await guest.flood(() => frames, 3000); // 190 MiB
    const sealed = agent.seal("/");
    guest.raw(ok(1));
    await sealed;
    await expectHeld(before);
    await neighbourIsWell();
    agent.destroy(new MayflyError("E_CLOSED", "over"));
  });

  it("with single bytes on a stream that nobody reads holds little memory", async () => {
    const { agent, guest } = await connected();
    const before = memory();
    const command = agent.exec(COMMAND);
    await guest.saw("EXEC");
    // Were the byte not copied, each would keep the 64 KiB alive that it came in.
    const frames = Buffer.concat([data(1, Buffer.from("x")), data(77, FULL)]);
    await guest.flood(() => frames, 2000);
    const crumbs = Buffer.concat(many(4000, () => data(1, Buffer.from("y"))));
    await guest.flood(() => crumbs, 60);
    const sealed = agent.seal("/");
    guest.raw(ok(5));
    await sealed;
    await expectHeld(before);
    guest.raw(end(3), end(1), wire.EXIT.encode(1, { kind: 0, status: 0 }));
    expect((await text(command.stdout)).length).toBe(2000 + 240_000);
    agent.destroy(new MayflyError("E_CLOSED", "over"));
  });

  it("with outward requests is refused each, without a trace", async () => {
    const { agent, guest } = await connected();
    const before = memory();
    for (let lot = 0; lot < 40; lot++) {
      guest.raw(Buffer.concat(many(1000, (i) => outward(2 + 2 * (lot * 1000 + i)))));
      await guest.saw("ERROR", 2 * (lot * 1000 + 1000));
      guest.received.length = 0;
    }
    await expectHeld(before);
    agent.destroy(new MayflyError("E_CLOSED", "over"));
  });

  it("with streams has 4,096 of them, and the rest is refused", async () => {
    const { agent, guest } = await connected();
    const streams: OutwardStream[] = [];
    agent.onOutward((stream) => streams.push(stream));
    guest.raw(Buffer.concat(many(4100, (i) => outward(2 + 2 * i))));
    await guest.saw("ERROR", 8200);
    expect(streams).toHaveLength(4096);
    expect(guest.received.filter(({ type }) => type === "ERROR")).toHaveLength(4);
    streams[0]?.duplex.destroy();
    await guest.saw("RESET", 2);
    guest.raw(outward(9000));
    await expect.poll(() => streams.length).toBe(4097);
    agent.destroy(new MayflyError("E_CLOSED", "over"));
  });

  it("with streams that it ends at once leaves no trace", async () => {
    const { agent, guest } = await connected();
    agent.onOutward(({ duplex }) => duplex.resume().end());
    const before = memory();
    for (let lot = 0; lot < 10; lot++) {
      const first = 2 + lot * 4000;
      guest.raw(
        Buffer.concat(many(2000, (i) => Buffer.concat([outward(first + 2 * i), end(first + 2 * i)]))),
      );
      await guest.saw("END", first + 3998);
      guest.received.length = 0;
    }
    await expectHeld(before);
    agent.destroy(new MayflyError("E_CLOSED", "over"));
  });

  it("with errors that nobody asked for cannot end a neighbour", async () => {
    const { agent, guest } = await busy();
    guest.raw(
      ...many(20, (i) =>
        wire.ERROR.encode(i < 14 ? i + 1 : 1000 + i, { code: 65_535, errno: 65_535, message: "\x07" }),
      ),
    );
    const sealed = agent.seal("/");
    await guest.saw("SEAL", 15);
    guest.raw(ok(15));
    await sealed;
    await neighbourIsWell();
    agent.destroy(new MayflyError("E_CLOSED", "over"));
  });
});

describe("a guest that does not read", () => {
  it("gets little sent, whatever credit it gives", async () => {
    const [near, far] = await socketPair();
    const agent = connectAgent(near);
    const guest = new FakeGuest(far);
    const hello = agent.hello();
    guest.ready();
    await hello.catch(() => undefined);
    guest.socket.pause();
    const content = Buffer.alloc(20 * MIB);
    const puts = many(8, () => content).map(async (bytes) => {
      await agent.put({ path: "/f", mode: 0, owner: "" }, bytes);
    });
    for (let i = 0; i < 8; i++) guest.send(wire.CREDIT, 1 + 2 * i, { bytes: 16_000_000 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(near.writableLength).toBeLessThan(8 * 300_000); // of 128 MB that the credit would allow
    const reason = new MayflyError("E_GUEST_SILENT", "does not read");
    agent.destroy(reason);
    for (const result of await Promise.allSettled(puts)) expect(result).toMatchObject({ reason });
    await neighbourIsWell();
  });

  it("may not ask on and on", async () => {
    const { agent, guest } = await connected();
    guest.socket.pause();
    await guest.flood((lot) => Buffer.concat(many(1000, (i) => outward(2 + 2 * (lot * 1000 + i)))), 200);
    expect((await ending(agent))?.message).toContain("without reading the answers");
    await neighbourIsWell();
  });

  it("may not open streams that are closed at once, either", async () => {
    const { agent, guest } = await connected();
    agent.onOutward(({ duplex }) => duplex.destroy());
    guest.socket.pause();
    await guest.flood((lot) => Buffer.concat(many(1000, (i) => outward(2 + 2 * (lot * 1000 + i)))), 200);
    expect((await ending(agent))?.message).toContain("without reading the answers");
    await neighbourIsWell();
  });

  it("may soon not write either", async () => {
    const { agent, guest } = await connected();
    const command = agent.exec(COMMAND);
    await guest.saw("EXEC");
    command.stdout.resume();
    guest.socket.pause(); // so it cannot know of any credit
    await guest.flood(() => data(1, FULL), 20_000);
    expect((await ending(agent))?.message).toMatch(/bytes on stream 1 with a credit of/);
    await neighbourIsWell();
  });
});

it("strings of the guest keep their bytes and stay marked", async () => {
  const [near, far] = await socketPair();
  const agent = connectAgent(near);
  const guest = new FakeGuest(far);
  const hello = agent.hello();
  await guest.saw("HELLO");
  guest.send(wire.READY, 0, { version: 1, kernel: "\x1b[31m\udcfe" });
  expect(openUntrusted((await hello).kernel)).toBe("\x1b[31m\udcfe");
  agent.destroy(new MayflyError("E_CLOSED", "over"));
});
