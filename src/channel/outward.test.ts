import { duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { FakeGuest } from "../../test/support/fake-guest.ts";
import * as wire from "../contract/agent/index.ts";
import { openUntrusted } from "../foundation/index.ts";
import { connectAgent, type AgentConnection, type GuestProgram, type OutwardStream } from "./index.ts";

interface Connected {
  readonly agent: AgentConnection;
  readonly guest: FakeGuest;
  readonly streams: OutwardStream[];
}

async function connected(): Promise<Connected> {
  const [near, far] = duplexPair();
  const agent = connectAgent(near);
  const guest = new FakeGuest(far);
  const hello = agent.hello();
  guest.ready();
  await hello;
  const streams: OutwardStream[] = [];
  agent.onOutward((stream) => streams.push(stream));
  return { agent, guest, streams };
}

/** With stream 2 open to example.org:443. */
async function opened(): Promise<Connected & { readonly stream: OutwardStream }> {
  const connection = await connected();
  connection.guest.send(wire.OUTWARD, 2, { port: 443, host: "example.org" });
  await turn();
  const [stream] = connection.streams;
  if (stream === undefined) throw new Error("no stream");
  return { ...connection, stream };
}

const turn = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
};
/** What it says up to its end; unlike `text` of Node this does not destroy it then. */
async function allOf({ duplex }: OutwardStream): Promise<string> {
  let said = "";
  duplex.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  await new Promise((resolve) => duplex.on("end", resolve));
  return said;
}
const code = (name: string): unknown => expect.objectContaining({ code: name });

describe("an outward stream", () => {
  it("says where to, and carries bytes both ways without an OK", async () => {
    const { guest, stream } = await opened();
    expect([openUntrusted(stream.host), stream.port]).toEqual(["example.org", 443]);
    guest.send(wire.DATA, 2, { bytes: Buffer.from("question") });
    guest.send(wire.END, 2, {});
    expect(await allOf(stream)).toBe("question");
    stream.duplex.end("answer");
    expect(openUntrusted((await guest.saw("DATA", 2)).body.bytes).toString()).toBe("answer");
    await guest.saw("END", 2);
    expect(guest.received.map(({ type }) => type)).toEqual(["HELLO", "DATA", "END"]);
  });

  it("is answered after the guest's end, and before it", async () => {
    const { guest, stream } = await opened();
    stream.duplex.end("first");
    await guest.saw("END", 2);
    guest.send(wire.DATA, 2, { bytes: Buffer.from("late") });
    guest.send(wire.END, 2, {});
    expect(await text(stream.duplex)).toBe("late");
    await turn();
    expect(guest.received.some(({ type }) => type === "RESET")).toBe(false);
  });

  it("is refused by ERROR, once, with harmless words", async () => {
    const { guest, stream } = await opened();
    stream.refuse("no\u202e\n");
    stream.refuse("again");
    stream.duplex.destroy();
    const { body } = await guest.saw("ERROR", 2);
    expect([body.code, openUntrusted(body.message)]).toEqual([7, "no??"]);
    await turn();
    expect(guest.received).toHaveLength(2);
  });

  it("is refused where nobody listens", async () => {
    const [near, far] = duplexPair();
    const agent = connectAgent(near);
    const guest = new FakeGuest(far);
    const hello = agent.hello();
    guest.ready();
    await hello;
    guest.send(wire.OUTWARD, 2, { port: 1, host: "x" });
    expect((await guest.saw("ERROR", 2)).body.code).toBe(7);
  });

  it("that is destroyed is reset; that the guest resets fails with E_CLOSED", async () => {
    const { guest, stream, streams } = await opened();
    stream.duplex.destroy();
    await guest.saw("RESET", 2);
    guest.send(wire.OUTWARD, 4, { port: 1, host: "x" });
    await turn();
    const broken = new Promise((resolve) => streams[1]?.duplex.on("error", resolve));
    guest.send(wire.RESET, 4, { code: 8 });
    expect(await broken).toEqual(code("E_CLOSED"));
  });

  it("tells of its program, whenever that is asked", async () => {
    const { guest, stream } = await opened();
    const told: GuestProgram[] = [];
    stream.onProgram((program) => told.push(program));
    guest.send(wire.PROGRAM, 2, { pid: 7, path: "/usr/bin/curl" });
    await turn();
    stream.onProgram((program) => told.push(program));
    expect(told).toEqual([
      { pid: 7, path: "/usr/bin/curl" },
      { pid: 7, path: "/usr/bin/curl" },
    ]);
  });
});

describe("credit of an outward stream", () => {
  it("begins with 65,536 bytes each way", async () => {
    const { agent, guest, stream } = await opened();
    stream.duplex.write(Buffer.alloc(100_000));
    await guest.saw("DATA", 2);
    await turn();
    const sent = guest.received.map((m) => (m.type === "DATA" ? openUntrusted(m.body.bytes).length : 0));
    expect(sent.reduce((a, b) => a + b)).toBe(65_536);
    guest.send(wire.DATA, 2, { bytes: Buffer.alloc(65_536) });
    await turn();
    guest.send(wire.DATA, 2, { bytes: Buffer.alloc(1) });
    expect(await agent.closed).toMatchObject({ message: expect.stringContaining("credit of 0") as string });
  });

  it("doubles while it is used, up to 1 MiB, and only as it is read", async () => {
    const { guest, stream } = await opened();
    let credit = 65_536;
    let sent = 0;
    guest.onMessage = (message) => {
      if (message.type === "CREDIT") credit += message.body.bytes;
    };
    let widest = 0;
    for (let round = 0; round < 60; round++) {
      const bytes = Math.min(65_536, credit - sent);
      if (bytes > 0) guest.send(wire.DATA, 2, { bytes: new Uint8Array(bytes) });
      sent += bytes;
      if (round === 1) expect(bytes).toBe(0); // nobody reads yet
      if (round === 1) stream.duplex.resume();
      await turn();
      await turn();
      widest = Math.max(widest, credit - sent);
    }
    expect(widest).toBeGreaterThan(700_000);
    expect(widest).toBeLessThanOrEqual(1_048_576);
  });
});
