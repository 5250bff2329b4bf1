import { once } from "node:events";
import { duplexPair, PassThrough, Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { FakeGuest } from "../../test/support/fake-guest.ts";
import * as wire from "../contract/agent/index.ts";
import { MayflyError, openUntrusted } from "../foundation/index.ts";
import { connectAgent, type AgentConnection, type ExecRequest } from "./index.ts";

const IDENTITY = { realtime: 1n, hostname: "m", machineId: "0", bootId: "0", entropy: new Uint8Array(32) };
const COMMAND: ExecRequest = { argv: ["sh"], env: { A: "1" }, cwd: "/", user: "task" };
const FILE = { path: "/work/f", mode: 0o600, owner: "task" };

/** A connection whose first stream will be 1. */
async function connected(): Promise<{ agent: AgentConnection; guest: FakeGuest }> {
  const [near, far] = duplexPair();
  const agent = connectAgent(near);
  const guest = new FakeGuest(far);
  guest.onMessage = ({ type }) => {
    if (type === "HELLO") guest.ready();
  };
  await agent.hello();
  guest.onMessage = () => undefined;
  return { agent, guest };
}

const code = (name: string): unknown => expect.objectContaining({ code: name });
const turn = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
};

describe("the start", () => {
  it("sends what is called in one turn in one write", async () => {
    const [near, far] = duplexPair();
    const writes: Buffer[] = [];
    far.on("data", (chunk: Buffer) => writes.push(chunk));
    const agent = connectAgent(near);
    const pending = [agent.hello(), agent.identify(IDENTITY), agent.put(FILE, Buffer.alloc(3000))];
    const command = agent.exec(COMMAND);
    command.stdin.end("some input");
    await turn();
    expect(writes).toHaveLength(1);
    const types = writes.flatMap((chunk) => typesIn(chunk));
    expect(types.join(" ")).toBe("1 3 17 32 33 16 32 33"); // HELLO IDENTITY PUT DATA END EXEC DATA END
    agent.destroy(new MayflyError("E_CLOSED", "over"));
    await Promise.allSettled(pending);
  });

  it("drops what an earlier connection left behind, up to READY", async () => {
    const [near, far] = duplexPair();
    const agent = connectAgent(near);
    const guest = new FakeGuest(far);
    const hello = agent.hello();
    const identified = agent.identify(IDENTITY);
    guest.send(wire.ERROR, 1, { code: 3, errno: 0, message: "late" });
    guest.send(wire.OUTWARD, 8, { port: 1, host: "x" });
    guest.ready();
    expect(openUntrusted((await hello).kernel)).toBe("6.1.0-fake");
    guest.send(wire.OK, 1, {});
    await identified;
    expect(guest.received.map(({ type }) => type)).toEqual(["HELLO", "IDENTITY"]);
  });

  it("is E_GUEST_REFUSED where no version suits", async () => {
    const [near, far] = duplexPair();
    const agent = connectAgent(near);
    new FakeGuest(far).send(wire.ERROR, 0, { code: 10, errno: 0, message: "I speak 7" });
    await expect(agent.hello()).rejects.toThrow(code("E_GUEST_REFUSED"));
  });

  it("refuses calls before hello", () => {
    expect(() => connectAgent(duplexPair()[0]).exec(COMMAND)).toThrow(code("E_INTERNAL"));
  });
});

describe("a call", () => {
  it("is answered by OK or ERROR", async () => {
    const { agent, guest } = await connected();
    const calls = [agent.limits({ memoryBytes: 5, processes: 6 }), agent.seal("/usr"), agent.seal("/x")];
    guest.send(wire.ERROR, 3, { code: 3, errno: 1, message: "no \x1b[31mred\u202e" });
    guest.send(wire.OK, 1, {});
    guest.send(wire.RESET, 5, { code: 8 });
    const [limits, seal, reset] = await Promise.allSettled(calls);
    expect(limits?.status).toBe("fulfilled");
    expect(seal).toMatchObject({ reason: code("E_GUEST_REFUSED") });
    expect(String((seal as PromiseRejectedResult).reason)).toContain("no \\u{1b}[31mred\\u{202e}");
    expect(reset).toMatchObject({ reason: code("E_GUEST_REFUSED") });
  });
});

describe("a process", () => {
  it("has separate outputs, its status last", async () => {
    const { agent, guest } = await connected();
    const command = agent.exec(COMMAND);
    const { stream, body } = await guest.saw("EXEC");
    expect([stream, body.stderrStream, body.env]).toEqual([1, 3, ["A=1"]]);
    guest.send(wire.DATA, 3, { bytes: Buffer.from("err") });
    guest.send(wire.DATA, 1, { bytes: Buffer.from("out") });
    guest.send(wire.END, 3, {});
    guest.send(wire.END, 1, {});
    guest.send(wire.EXIT, 1, { kind: 0, status: 7 });
    expect(await command.exit).toEqual({ kind: "exited", code: 7 });
    expect(await text(command.stdout)).toBe("out");
    expect(await text(command.stderr)).toBe("err");
    command.signal(9); // nothing
    await turn();
    expect(guest.received.map(({ type }) => type)).not.toContain("SIGNAL");
  });

  it("on a pty has one output, signals and sizes", async () => {
    const { agent, guest } = await connected();
    const command = agent.exec({ ...COMMAND, pty: { rows: 24, columns: 80 } });
    command.signal(15);
    command.resize(50, 100);
    expect((await guest.saw("EXEC")).body).toMatchObject({
      stderrStream: 0,
      flags: 1,
      rows: 24,
      columns: 80,
    });
    expect((await guest.saw("SIGNAL")).body).toEqual({ signal: 15 });
    expect((await guest.saw("RESIZE")).body).toEqual({ rows: 50, columns: 100 });
    guest.send(wire.END, 1, {});
    guest.send(wire.EXIT, 1, { kind: 1, status: 15 });
    expect(await command.exit).toEqual({ kind: "signalled", signal: 15 });
    expect(await text(command.stderr)).toBe("");
  });

  it.each([
    [2, "E_COMMAND_NOT_FOUND"],
    [4, "E_COMMAND_NOT_EXECUTABLE"],
    [3, "E_GUEST_REFUSED"],
  ])("that is refused with %i fails with %s everywhere", async (guestCode, ours) => {
    const { agent, guest } = await connected();
    const command = agent.exec(COMMAND);
    guest.send(wire.ERROR, 1, { code: guestCode, errno: 0, message: "" });
    await expect(command.exit).rejects.toThrow(code(ours));
    await expect(text(command.stdout)).rejects.toThrow(code(ours));
    await expect(text(command.stderr)).rejects.toThrow();
    expect(command.stdin.destroyed).toBe(true);
  });

  it("gives credit only as it is read", async () => {
    const { agent, guest } = await connected();
    const command = agent.exec(COMMAND);
    for (let i = 0; i < 4; i++) guest.send(wire.DATA, 1, { bytes: new Uint8Array(65_536) });
    await turn();
    expect(guest.received.some(({ type }) => type === "CREDIT")).toBe(false);
    command.stdout.resume();
    expect((await guest.saw("CREDIT")).body.bytes).toBeGreaterThanOrEqual(131_072);
  });

  it("drops what comes after its output was destroyed, and still exits", async () => {
    const { agent, guest } = await connected();
    const command = agent.exec(COMMAND);
    for (let i = 0; i < 4; i++) guest.send(wire.DATA, 1, { bytes: new Uint8Array(65_536) });
    command.stdout.destroy();
    await guest.saw("CREDIT");
    guest.send(wire.END, 3, {});
    guest.send(wire.END, 1, {});
    guest.send(wire.EXIT, 1, { kind: 0, status: 0 });
    expect(await command.exit).toEqual({ kind: "exited", code: 0 });
  });

  it("is sent input within the guest's credit", async () => {
    const { agent, guest } = await connected();
    const command = agent.exec(COMMAND);
    const input = Buffer.alloc(700_000, 5);
    command.stdin.end(input);
    await turn();
    const sent = (): number =>
      guest.received.reduce(
        (sum, m) => sum + (m.type === "DATA" ? openUntrusted(m.body.bytes).length : 0),
        0,
      );
    expect(sent()).toBe(262_144);
    guest.send(wire.CREDIT, 1, { bytes: 1000 });
    await turn();
    expect(sent()).toBe(263_144);
    guest.send(wire.CREDIT, 1, { bytes: 1_000_000 });
    await guest.saw("END");
    expect(sent()).toBe(700_000);
  });

  it("is killed with a reason", async () => {
    const { agent, guest } = await connected();
    const command = agent.exec(COMMAND);
    command.kill(new MayflyError("E_LIMIT", "too long"));
    await expect(command.exit).rejects.toThrow(code("E_LIMIT"));
    await guest.saw("RESET", 1);
    guest.send(wire.DATA, 1, { bytes: Buffer.from("late") }); // dropped
    const sealed = agent.seal("/usr");
    guest.send(wire.OK, 5, {});
    await sealed;
  });

  it("that ends before its input was read fails the writer", async () => {
    const { agent, guest } = await connected();
    const command = agent.exec(COMMAND);
    const failed = once(command.stdin, "error");
    command.stdin.write(Buffer.alloc(700_000));
    guest.send(wire.END, 3, {});
    guest.send(wire.END, 1, {});
    guest.send(wire.EXIT, 1, { kind: 0, status: 0 });
    expect(await failed).toEqual([code("E_CLOSED")]);
  });
});

describe("files", () => {
  it.each([
    ["bytes", () => Buffer.alloc(300_000, 9)],
    ["a stream", () => Readable.from([Buffer.alloc(200_000, 9), Buffer.alloc(100_000, 9)])],
    ["nothing", () => new Uint8Array(0)],
  ])("are put from %s", async (_what, content) => {
    const { agent, guest } = await connected();
    const done = agent.put({ ...FILE, makeParents: true }, content());
    expect((await guest.saw("PUT")).body).toEqual({ ...FILE, flags: 1 });
    guest.send(wire.CREDIT, 1, { bytes: 262_144 });
    await guest.saw("END");
    guest.send(wire.OK, 1, {});
    await done;
  });

  it("that the guest refuses stop their source", async () => {
    const { agent, guest } = await connected();
    const source = new PassThrough();
    source.write("begun");
    const done = agent.put(FILE, source);
    await guest.saw("DATA");
    guest.send(wire.ERROR, 1, { code: 5, errno: 28, message: "full" });
    await expect(done).rejects.toThrow(code("E_FILE_IN_GUEST"));
    expect(source.destroyed).toBe(true);
  });

  it("whose source fails are reset", async () => {
    const { agent, guest } = await connected();
    const source = new PassThrough();
    const done = agent.put(FILE, source);
    source.destroy(new Error("gone"));
    await expect(done).rejects.toThrow(code("E_INPUT_UNREADABLE"));
    await guest.saw("RESET", 1);
  });

  it("are got", async () => {
    const { agent, guest } = await connected();
    const file = agent.get("/out/x");
    guest.send(wire.DATA, 1, { bytes: Buffer.alloc(100_000 - 34_464, 1) });
    guest.send(wire.DATA, 1, { bytes: Buffer.from("end") });
    guest.send(wire.END, 1, {});
    expect((await buffer(file)).length).toBe(65_539);
  });

  it("that cannot be got fail the stream", async () => {
    const { agent, guest } = await connected();
    const file = agent.get("/out/x");
    guest.send(wire.ERROR, 1, { code: 2, errno: 2, message: "" });
    await expect(buffer(file)).rejects.toThrow(code("E_FILE_IN_GUEST"));
    agent.get("/out/y").destroy();
    await guest.saw("RESET", 3);
  });

  it("are listed", async () => {
    const { agent, guest } = await connected();
    const listed = agent.list("/out", { maxEntries: 10, maxDepth: 2 });
    expect((await guest.saw("LIST")).body).toEqual({ maxEntries: 10, maxDepth: 2, path: "/out" });
    guest.send(wire.DATA, 1, {
      bytes: wire.encodeRecord({ kind: "file", mode: 0o600, size: 2n, path: "a" }),
    });
    guest.send(wire.END, 1, {});
    expect(await listed).toEqual([{ path: "a", kind: "file", mode: 0o600, size: 2 }]);
    const refused = agent.list("/out", { maxEntries: 1, maxDepth: 1 });
    guest.send(wire.ERROR, 3, { code: 6, errno: 0, message: "" });
    await expect(refused).rejects.toThrow(code("E_LIMIT"));
  });
});

describe("a connection into the guest", () => {
  it("ends each way on its own", async () => {
    const { agent, guest } = await connected();
    const connecting = agent.connect({ unixPath: "/run/s" });
    expect((await guest.saw("CONNECT")).body).toEqual({ kind: 2, port: 0, path: "/run/s" });
    guest.send(wire.OK, 1, {});
    const connection = await connecting;
    connection.end("question");
    await guest.saw("END");
    guest.send(wire.DATA, 1, { bytes: Buffer.from("answer") });
    guest.send(wire.END, 1, {});
    expect(await text(connection)).toBe("answer");
    await turn();
    expect(guest.received.some(({ type }) => type === "RESET")).toBe(false);
  });

  it("is refused, reset, and broken off", async () => {
    const { agent, guest } = await connected();
    const refused = agent.connect({ port: 80 });
    guest.send(wire.ERROR, 1, { code: 7, errno: 111, message: "" });
    await expect(refused).rejects.toThrow(code("E_GUEST_REFUSED"));
    const first = agent.connect({ port: 81 });
    guest.send(wire.OK, 3, {});
    const reading = text(await first);
    guest.send(wire.RESET, 3, { code: 8 });
    await expect(reading).rejects.toThrow(code("E_GUEST_REFUSED"));
    const second = agent.connect({ port: 82 });
    guest.send(wire.OK, 5, {});
    (await second).destroy();
    await guest.saw("RESET", 5);
  });
});

describe("the guest's own words", () => {
  it("are events and names that were looked up", async () => {
    const { agent, guest } = await connected();
    const heard: unknown[] = [];
    agent.onEvent((event) => heard.push(event));
    agent.onLookup((lookup) => heard.push(lookup));
    guest.send(wire.EVENT, 0, { kind: 1, count: 3 });
    guest.send(wire.EVENT, 0, { kind: 2, count: 4 });
    guest.send(wire.LOOKUP, 0, { recordType: 28, name: "example.org" });
    await turn();
    expect(heard).toEqual([
      { kind: "memory", count: 3 },
      { kind: "processes", count: 4 },
      { recordType: 28, name: "example.org" },
    ]);
  });
});

describe("the end", () => {
  const reason = new MayflyError("E_ENGINE_DIED", "died");

  it("rejects all that is pending with the first reason, and all that comes after", async () => {
    const { agent } = await connected();
    const command = agent.exec(COMMAND);
    const file = buffer(agent.get("/x"));
    const pending: Promise<unknown>[] = [
      agent.seal("/"),
      agent.put(FILE, new PassThrough()),
      command.exit,
      file,
    ];
    pending.push(agent.connect({ port: 1 }), agent.list("/", { maxEntries: 1, maxDepth: 1 }));
    agent.destroy(reason);
    agent.destroy(new MayflyError("E_CLOSED", "later"));
    pending.push(agent.seal("/"));
    for (const result of await Promise.allSettled(pending)) expect(result).toMatchObject({ reason });
    expect(await agent.closed).toBe(reason);
  });

  it("is E_CLOSED where the socket ends, and nothing after a power-off", async () => {
    const first = await connected();
    first.guest.socket.end();
    expect(await first.agent.closed).toMatchObject({ code: "E_CLOSED" });
    const second = await connected();
    second.agent.powerOff();
    await second.guest.saw("POWEROFF");
    second.guest.socket.end();
    expect(await second.agent.closed).toBeUndefined();
  });

  it("leaves the output that had come readable", async () => {
    const { agent, guest } = await connected();
    guest.serve(Buffer.from("kept"));
    const command = agent.exec(COMMAND);
    await command.exit;
    agent.destroy(reason);
    expect(await text(command.stdout)).toBe("kept");
  });
});

function typesIn(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at < bytes.length; at += wire.HEADER_BYTES + bytes.readUInt32LE(at))
    types.push(bytes[at + 8] ?? 0);
  return types;
}
