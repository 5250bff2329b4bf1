import { createHash, randomBytes } from "node:crypto";
import { duplexPair } from "node:stream";
import { afterEach, expect, it } from "vitest";
import { connectAgent } from "../../src/channel/index.ts";
import * as wire from "../../src/contract/agent/index.ts";
import { Resolver, askSystem } from "../../src/egress/dns/index.ts";
import { Egress } from "../../src/egress/egress.ts";
import { MayflyError } from "../../src/foundation/index.ts";
import { compileNetwork } from "../../src/policy/network/index.ts";
import { TaskNetwork } from "../../src/task/network.ts";
import { fakeStream, listening, stop, type Counting } from "../support/asked-streams.ts";
import { DnsServer } from "../support/dns-server.ts";
import { FakeGuest } from "../support/fake-guest.ts";

const MIB = 1024 * 1024;
const HOST = "server.test";
const LOT = 1_000;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(onConnection: Parameters<typeof listening>[0]): Promise<Counting> {
  const server = await listening(onConnection);
  closers.push(() => {
    stop(server);
  });
  return server;
}

async function names(): Promise<string> {
  const dns = await DnsServer.start({ [HOST]: ["127.0.0.1"] });
  closers.push(() => {
    dns.close();
  });
  return dns.address;
}

/** A task whose guest connects as fast as its channel takes it, to a server that is there and to names that are not allowed. */
class Flooding {
  asked = 0;
  readonly #port: number;
  readonly #network: TaskNetwork;
  readonly #guest: FakeGuest;

  private constructor(port: number, network: TaskNetwork, guest: FakeGuest) {
    this.#port = port;
    this.#network = network;
    this.#guest = guest;
    guest.onMessage = ({ type, stream }) => {
      if (type === "END") guest.send(wire.END, stream, {});
      guest.received.length = 0;
    };
  }

  static async start(port: number, dns: string): Promise<Flooding> {
    const [near, far] = duplexPair();
    const agent = connectAgent(near);
    const guest = new FakeGuest(far);
    const hello = agent.hello();
    guest.ready();
    await hello;
    const policy = { allow: [`${HOST}:${port}`], private: [`127.0.0.1:${port}`] };
    const network = await TaskNetwork.open({ policy, locate: () => ({ key: "network" }) }, { dns: [dns] });
    await network.attach({ id: "m0123456789ab", agent });
    closers.push(async () => {
      await network.close();
      agent.destroy(new MayflyError("E_CLOSED", "over"));
    });
    return new Flooding(port, network, guest);
  }

  /** One lot more, and whatever of the host's work is due. */
  async goOn(): Promise<void> {
    const frames = Array.from({ length: LOT }, () => this.#frame());
    await this.#guest.flood(() => Buffer.concat(frames), 1);
    await new Promise(setImmediate);
  }

  async record(): ReturnType<TaskNetwork["record"]> {
    return await this.#network.record();
  }

  #frame(): Uint8Array {
    const stream = 2 * ++this.asked;
    const host = this.asked % 2 === 0 ? HOST : `n${this.asked}.test`;
    return wire.OUTWARD.encode(stream, { port: this.#port, host });
  }
}

it("a task that connects without end leaves its neighbour's download whole, and a bounded record", async () => {
  const content = randomBytes(64 * MIB);
  const [victim, target] = [
    await serve((socket) => socket.end(content)),
    await serve((socket) => socket.end()),
  ];
  const dns = await names();
  const flooding = await Flooding.start(target.port, dns);
  const neighbour = new Egress({
    network: compileNetwork({
      allow: [`${HOST}:${victim.port}`],
      private: [`127.0.0.1:${victim.port}`],
    }),
    resolver: new Resolver(askSystem([dns])),
    inspects: false,
    now: () => performance.now(),
    env: {},
  });
  closers.push(async () => {
    await neighbour.close();
  });

  for (let lot = 0; lot < 20; lot++) await flooding.goOn(); // it is in full swing when the neighbour begins
  const { asked, program } = fakeStream(HOST, victim.port);
  const hash = createHash("sha256");
  let bytes = 0;
  program.removeAllListeners("data");
  program.on("data", (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  const over = new AbortController();
  program.once("end", () => {
    over.abort();
    program.end();
  });
  neighbour.accept(asked);
  while (!over.signal.aborted) await flooding.goOn(); // for as long as the download takes, or the test's time
  expect(flooding.asked).toBeGreaterThan(20 * LOT);
  expect(bytes).toBe(content.length);
  expect(hash.digest("hex")).toBe(createHash("sha256").update(content).digest("hex"));
  await expect.poll(() => neighbour.record().streams.map(({ end }) => end)).toEqual(["closed"]);
  expect(neighbour.record()).toMatchObject({ bytesIn: content.length, omitted: 0, mostOpen: 1 });

  const record = await flooding.record();
  expect(record.streams).toHaveLength(10_000);
  expect(record.omitted).toBe(flooding.asked - 10_000);
  const reasons = new Set(record.streams.map(({ decision }) => decision.reason));
  expect(reasons).toContain("no rule allows it");
  expect([...reasons].some((reason) => reason.includes("connections a second"))).toBe(true);
  expect(record.mostOpen).toBeLessThanOrEqual(4_096);
  expect(target.sockets.length).toBeGreaterThan(0);
});
