import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { NetworkPolicy, StreamAsked, StreamListener, StreamRecord } from "../../src/contract/index.ts";
import { Mayfly, type Fork } from "../../src/index.ts";
import { listening, stop, type Counting } from "../support/asked-streams.ts";
import { ENCRYPTED_HELLO, clientHello, withExtension } from "../support/client-hello.ts";
import { DnsServer } from "../support/dns-server.ts";

const HOST = "files.example.org";
const OTHER = "other.example.org";
const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";

let dns: DnsServer;
let mayfly: Mayfly;
let server: Counting;
/** Bytes that the server got, all connections together. */
let heard = 0;
const forks: Fork[] = [];

beforeAll(async () => {
  dns = await DnsServer.start({ [HOST]: ["127.0.0.1"], [OTHER]: ["127.0.0.1"] });
  mayfly = await Mayfly.open({ dns: [dns.address] });
  server = await listening(answerHead);
});
afterEach(async () => {
  for (const fork of forks.splice(0)) await fork.kill();
  server.sockets.length = 0;
  heard = 0;
});
afterAll(async () => {
  await mayfly.close();
  stop(server);
  dns.close();
});

/** Answers each connection's first head, and takes whatever else comes. */
function answerHead(socket: Socket): void {
  let head = "";
  socket.on("data", (chunk: Buffer) => {
    heard += chunk.length;
    const isAnswered = head.includes("\r\n\r\n");
    if (!isAnswered) head += chunk.toString("latin1");
    if (!isAnswered && head.includes("\r\n\r\n") && head.startsWith("GET")) socket.end(ANSWER);
  });
  socket.on("end", () => socket.end());
}

async function fork(policy: NetworkPolicy, onStream?: StreamListener): Promise<Fork> {
  const network = { allow: [`${HOST}:${server.port}`], private: [`127.0.0.1:${server.port}`], ...policy };
  const made = await mayfly.fork("base", { policy: { network }, onStream });
  forks.push(made);
  return made;
}

async function sh(on: Fork, command: string): Promise<{ out: string; code: number | undefined }> {
  const program = on.exec(["sh", "-c", command], { cwd: "/tmp" });
  program.stdin.end();
  program.stderr.resume();
  const [out, exit] = await Promise.all([text(program.stdout), program.exit]);
  return { out: out.trim(), code: exit.kind === "exited" ? exit.code : undefined };
}

const curl = (host = HOST): string => `curl -sS --max-time 30 http://${host}:${server.port}/`;
const streams = async (on: Fork): Promise<readonly StreamRecord[]> => (await on.network()).streams;

describe("where TLS is required", () => {
  it("a hello that hides its server's name is refused before anything is dialled, a plain one is not", async () => {
    const vm = await fork({ allow: [{ to: `${HOST}:${server.port}`, tls: "required" }] });
    const hello = await clientHello(HOST);
    await vm.writeFile("/tmp/plain", hello);
    await vm.writeFile("/tmp/hidden", withExtension(hello, ENCRYPTED_HELLO));
    await sh(vm, `nc -N -w 20 ${HOST} ${server.port} < hidden`);
    expect(server.sockets).toHaveLength(0);
    await sh(vm, `nc -N -w 20 ${HOST} ${server.port} < plain`);
    expect(server.sockets).toHaveLength(1);
    expect(heard).toBe(hello.length);
    const [hidden, plain] = await streams(vm);
    expect(hidden).toMatchObject({ end: "refused", bytesOut: 0, decision: { allowed: false } });
    expect(hidden?.decision.reason).toContain("ECH");
    expect(plain).toMatchObject({ end: "closed", bytesOut: hello.length, tls: { serverName: HOST } });
  });
});

describe("a budget", () => {
  it("of bytes ends the stream that would go beyond it, and later ones", async () => {
    const vm = await fork({ budget: { bytesOut: 100_000 } });
    const command = `head -c 60000 /dev/zero | nc -N -w 20 ${HOST} ${server.port}`;
    expect((await sh(vm, command)).code).toBe(0);
    expect(heard).toBe(60_000);
    await sh(vm, command);
    await sh(vm, command);
    const { streams: all, bytesOut } = await vm.network();
    expect(all.map(({ end }) => end)).toEqual(["closed", "budget", "budget"]);
    expect(all.at(-1)?.decision.reason).toBe("the budget of 100000 bytes to the outside is used up");
    expect(bytesOut).toBeLessThanOrEqual(100_000);
    expect(heard).toBeLessThanOrEqual(100_000);
  });

  it("of connections counts those that came about", async () => {
    const vm = await fork({ budget: { connections: 3 } });
    const { out } = await sh(vm, `for i in 1 2 3 4 5; do ${curl(OTHER)}; ${curl()}; echo; done`);
    expect(out.split("\n").map((line) => line.trim())).toEqual(["hello", "hello", "hello"]);
    const all = (await streams(vm)).filter(({ target }) => target.host === HOST);
    expect(all.map(({ end }) => end)).toEqual(["closed", "closed", "closed", "budget", "budget"]);
    expect(all.at(-1)?.decision.reason).toBe("the budget of 3 connections is used up");
    expect(server.sockets).toHaveLength(3);
  });

  it("of connections a second bounds those of all programs together", async () => {
    const vm = await fork({ budget: { connectionsPerSecond: 1 } });
    await sh(vm, `for i in $(seq 40); do nc -N -w 20 ${HOST} ${server.port} </dev/null & done; wait`);
    const all = await streams(vm);
    expect(all).toHaveLength(40);
    const over = all.filter(({ end }) => end === "budget");
    expect(over[0]?.decision.reason).toBe("more than 1 connections a second");
    const [first, last] = [all[0]?.at ?? 0, all.at(-1)?.at ?? 0];
    expect(server.sockets).toHaveLength(40 - over.length);
    expect(server.sockets.length).toBeLessThanOrEqual(2 + (last - first) / 1000);
    expect(over.length).toBeGreaterThan(0);
  });
});

describe("a listener that decides live", () => {
  it("refuses what the policy allows and allows what it refuses, knowing target and decision", async () => {
    const asked: StreamAsked[] = [];
    const vm = await fork({}, async (stream) => {
      asked.push(stream);
      await new Promise((resolve) => setTimeout(resolve, 100)); // as a person would
      if (stream.target.host === HOST) return "refuse";
      return stream.target.host === OTHER ? "allow" : undefined;
    });
    expect((await sh(vm, curl())).code).not.toBe(0);
    expect(await sh(vm, curl(OTHER))).toEqual({ out: "hello", code: 0 });
    expect((await sh(vm, curl("third.example.org"))).code).not.toBe(0);
    expect(asked.map(({ target, decision }) => [target.host, decision.allowed])).toEqual([
      [HOST, true],
      [OTHER, false],
      ["third.example.org", false],
    ]);
    const all = await streams(vm);
    expect(all.every(({ program }) => program?.includes("/curl (process ") === true)).toBe(true);
    expect(all.map(({ decision }) => [decision.allowed, decision.rule, decision.reason])).toEqual([
      [false, "onStream", "it was refused live"],
      [true, expect.stringMatching(/^onStream/), ""],
      [false, undefined, "no rule allows it"],
    ]);
    expect(server.sockets).toHaveLength(1);
  });
});
