import { duplexPair } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { FakeGuest } from "../../test/support/fake-guest.ts";
import { connectAgent, type AgentConnection } from "../channel/index.ts";
import * as wire from "../contract/agent/index.ts";
import { MayflyError } from "../foundation/index.ts";
import { TaskNetwork } from "./network.ts";

const MOST = 4_096;
const opened: { network: TaskNetwork; agent: AgentConnection }[] = [];

afterEach(async () => {
  for (const { network, agent } of opened.splice(0)) {
    await network.close();
    agent.destroy(new MayflyError("E_CLOSED", "over"));
  }
});

/** The network of a guest whose streams nobody ever decides about, so that all of them stay open. */
async function undecided(): Promise<{ network: TaskNetwork; guest: FakeGuest }> {
  const [near, far] = duplexPair();
  const agent = connectAgent(near);
  const guest = new FakeGuest(far);
  const hello = agent.hello();
  guest.ready();
  await hello;
  const policy = { budget: { connectionsPerSecond: 100_000 } };
  const network = await TaskNetwork.open(
    { policy, locate: () => ({ key: "network" }) },
    { onStream: async () => await new Promise(() => undefined) },
  );
  await network.attach({ id: "m0123456789ab", agent });
  opened.push({ network, agent });
  return { network, guest };
}

/** Asks for streams number `first` and so on, without waiting for what is said of them. */
function ask(guest: FakeGuest, first: number, count: number): void {
  const frames = Array.from({ length: count }, (_, i) =>
    wire.OUTWARD.encode(2 * (first + i), { port: 443, host: `n${first + i}.test` }),
  );
  guest.raw(Buffer.concat(frames));
}

describe("a guest that asks for more than 4,096 streams at a time", () => {
  it("has each of the rest in the record, with where to and why it was refused", async () => {
    const { network, guest } = await undecided();
    ask(guest, 1, MOST + 4);
    await guest.saw("ERROR", 2 * (MOST + 4));
    const { streams, mostOpen, omitted } = await network.record();
    expect([streams.length, omitted, mostOpen]).toEqual([MOST + 4, 0, MOST]);
    expect(streams.slice(MOST)).toMatchObject(
      [1, 2, 3, 4].map((i) => ({
        target: { host: `n${MOST + i}.test`, port: 443 },
        decision: { allowed: false, rule: undefined, reason: "more than 4096 streams are open" },
        end: "refused",
      })),
    );
  });

  it("has no longer a record than others, and the number of those that are left out", async () => {
    const { network, guest } = await undecided();
    ask(guest, 1, MOST);
    for (let lot = 0; lot < 10; lot++) {
      const first = MOST + 1 + lot * 1_000;
      ask(guest, first, 1_000);
      await guest.saw("ERROR", 2 * (first + 999));
    }
    const { streams, mostOpen, omitted } = await network.record();
    expect([streams.length, omitted, mostOpen]).toEqual([10_000, MOST, MOST]);
    expect(streams[MOST]?.decision.reason).toBe("more than 4096 streams are open");
  });
});

it("says how many were open at a time, not how many there were", async () => {
  const { network, guest } = await undecided();
  const last = async (): Promise<string | undefined> => (await network.record()).streams.at(-1)?.end;
  for (let i = 1; i <= 5; i++) {
    ask(guest, i, 1);
    await expect.poll(async () => (await network.record()).streams.length).toBe(i);
    guest.send(wire.RESET, 2 * i, { code: 8 });
    await expect.poll(last).not.toBe("task-ended");
  }
  expect((await network.record()).mostOpen).toBe(1);
});
