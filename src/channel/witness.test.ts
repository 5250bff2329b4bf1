import { duplexPair } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeGuest } from "../../test/support/fake-guest.ts";
import * as wire from "../contract/agent/index.ts";
import type { WitnessEvent } from "../contract/index.ts";
import { MayflyError } from "../foundation/index.ts";
import { connectAgent, type AgentConnection, type GuestWitness } from "./index.ts";

interface Watched {
  readonly agent: AgentConnection;
  readonly guest: FakeGuest;
  readonly witness: GuestWitness;
  readonly live: WitnessEvent[];
  readonly stream: number;
}

async function watched(): Promise<Watched> {
  const [near, far] = duplexPair();
  const agent = connectAgent(near);
  const guest = new FakeGuest(far);
  const hello = agent.hello();
  guest.ready();
  await hello;
  const live: WitnessEvent[] = [];
  const witness = agent.witness({
    programHash: (path) => `of ${path}`,
    onEvent: (event) => live.push(event),
  });
  const { stream } = await guest.saw("WITNESS");
  return { agent, guest, witness, live, stream };
}

const turn = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
};
const NOTHING = { gaps: 0, lost: 0n, execs: 0n, lives: 0n, files: 0n, calls: 0n };
const fork = (at: bigint, child = 7): Uint8Array => wire.encodeWitnessRecord(1, { at, pid: 1, child });
const exec = (program: string, origin: number): Uint8Array =>
  wire.encodeWitnessRecord(2, { at: 5n, pid: 7, user: 0, origin, argvBytes: 1, program, argv: ["a"] });
const hash = (number: number): Uint8Array =>
  wire.encodeWitnessRecord(13, { at: 0n, pid: 0, exec: number, sha256: new Uint8Array(32).fill(1) });
const summary = (values: Partial<typeof NOTHING> = {}): Uint8Array =>
  wire.encodeWitnessRecord(14, { at: 0n, pid: 0, ...NOTHING, ...values });

/** As an agent that is asked for the end: it says `rest`, and ends. */
function endsWith({ guest, stream }: Watched, ...rest: Uint8Array[]): void {
  guest.onMessage = ({ type }) => {
    if (type !== "END") return;
    if (rest.length > 0) guest.send(wire.DATA, stream, { bytes: Buffer.concat(rest) });
    guest.send(wire.END, stream, {});
  };
}

describe("a witness that can be believed", () => {
  it("is complete only with its summary", async () => {
    const told = await watched();
    endsWith(told, fork(3n), summary());
    expect(await told.witness.finish()).toMatchObject({
      state: "complete",
      missing: [],
      lost: 0,
      omitted: 0,
    });
    expect(told.live).toEqual([{ kind: "fork", at: 0.003, pid: 1, child: 7 }]);
  });
});

describe("a witness that lies", () => {
  it("about times gets them sorted, however large", async () => {
    const told = await watched();
    endsWith(told, fork(2n ** 64n - 1n), fork(9n), fork(0n), summary());
    const { events, state } = await told.witness.finish();
    expect(events.map(({ at }) => at)).toEqual([0, 0.009, Number(2n ** 64n - 1n) / 1000]);
    expect(state).toBe("complete");
  });

  it("about digests cannot change what the host knows, nor what is not there", async () => {
    const told = await watched();
    const hashes = [0, 1, 2, 3, 4_294_967_295].map(hash);
    endsWith(told, exec("/bin/sh", 0), exec("/tmp/x", 1), ...hashes, summary());
    const { events } = await told.witness.finish();
    expect(events).toMatchObject([{ sha256: "of /bin/sh" }, { sha256: "01".repeat(32) }]);
  });

  it("about counts gets a number that is one", async () => {
    const told = await watched();
    const all = 2n ** 64n - 1n;
    endsWith(told, summary({ lost: all, execs: all, lives: all, files: all, calls: all }));
    const { state, lost, omitted, missing } = await told.witness.finish();
    expect([state, lost, omitted]).toEqual(["incomplete", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
    expect(missing).toHaveLength(2);
  });

  it("about digests that were left out is told, and takes nothing else away", async () => {
    const told = await watched();
    endsWith(told, summary({ gaps: wire.WITNESS_GAP.hashes }));
    const { state, missing } = await told.witness.finish();
    expect(state).toBe("complete");
    expect(missing).toEqual([expect.stringMatching(/^Not every program that was run has a digest/)]);
  });

  it("by a second summary is believed the first time", async () => {
    const told = await watched();
    endsWith(told, summary({ gaps: wire.WITNESS_GAP.switchedOff }), summary());
    expect(await told.witness.finish()).toMatchObject({
      state: "incomplete",
      missing: ["Somebody in the guest switched the witness off."],
    });
  });

  it("with more than it was asked for is incomplete, and the host keeps no more than it asked for", async () => {
    const told = await watched();
    const most = wire.WITNESS_QUOTA.lives;
    const many = Buffer.concat(Array.from({ length: most + 10 }, (_, i) => fork(BigInt(i))));
    const lot = 60_000;
    told.guest.onMessage = (message) => {
      if (message.type !== "END") return;
      void (async () => {
        for (let at = 0; at < many.length; at += lot) {
          told.guest.send(wire.DATA, told.stream, { bytes: many.subarray(at, at + lot) });
          await turn();
        }
        told.guest.send(wire.DATA, told.stream, { bytes: summary() });
        told.guest.send(wire.END, told.stream, {});
      })();
    };
    const { state, omitted, events, missing } = await told.witness.finish();
    expect([state, omitted, events.length, told.live.length]).toEqual(["incomplete", 10, most, most]);
    expect(missing).toEqual(["10 events were more than is kept of their kind."]);
  });

  it("in its grammar ends the connection, and what it said before is kept as incomplete", async () => {
    const told = await watched();
    told.guest.send(wire.DATA, told.stream, { bytes: fork(1n) });
    told.guest.send(wire.DATA, told.stream, { bytes: Buffer.from([1, 0, 99]) });
    expect(await told.agent.closed).toMatchObject({ code: "E_GUEST_PROTOCOL" });
    const { state, missing, events } = await told.witness.finish();
    expect([state, events.length]).toEqual(["incomplete", 1]);
    expect(missing.join()).toContain("The witness was cut off: ");
  });

  it("in any way never makes it reject, nor seem complete without a summary", async () => {
    const noise = fc.array(
      fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.constantFrom(fork(1n), exec("/a", 1), hash(1)),
      ),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(noise, async (pieces) => {
        const told = await watched();
        endsWith(told, ...pieces);
        const record = await told.witness.finish();
        told.agent.destroy(new MayflyError("E_CLOSED", "over"));
        const ended = record.missing.length > 0;
        expect(record.state).toBe(ended ? (record.events.length > 0 ? "incomplete" : "absent") : "complete");
        expect(ended).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a witness that is silenced", () => {
  it("is incomplete where it does not answer, within the deadline", async () => {
    const told = await watched();
    told.guest.send(wire.DATA, told.stream, { bytes: fork(1n) });
    await turn();
    const { state, missing, events } = await told.witness.finish();
    expect([state, missing, events.length]).toEqual([
      "incomplete",
      ["The witness did not answer at the end."],
      1,
    ]);
    await told.guest.saw("RESET", told.stream);
  });

  it("is incomplete where it goes on for ever", async () => {
    const told = await watched();
    const going = setInterval(() => {
      told.guest.send(wire.DATA, told.stream, { bytes: fork(1n) });
    }, 10);
    const { state, missing } = await told.witness.finish();
    clearInterval(going);
    told.agent.destroy(new MayflyError("E_CLOSED", "over"));
    expect([state, missing]).toEqual(["incomplete", ["The witness did not answer at the end."]]);
  });

  it("is incomplete where it ends without its summary", async () => {
    const told = await watched();
    endsWith(told, fork(1n));
    expect(await told.witness.finish()).toMatchObject({
      state: "incomplete",
      missing: ["The witness ended without its summary."],
    });
  });

  it("is incomplete where it ends before it is asked to, with a summary too", async () => {
    const { guest, stream, witness } = await watched();
    guest.send(wire.DATA, stream, { bytes: Buffer.concat([fork(1n), summary()]) });
    guest.send(wire.END, stream, {});
    await turn();
    expect(await witness.finish()).toMatchObject({
      state: "incomplete",
      missing: ["The guest ended its witness."],
    });
  });

  it.each([
    [
      "RESET",
      (guest: FakeGuest, stream: number) => {
        guest.send(wire.RESET, stream, { code: 0 });
      },
      "The guest ended its witness.",
    ],
    [
      "ERROR",
      (guest: FakeGuest, stream: number) => {
        guest.send(wire.ERROR, stream, { code: 10, errno: 0, message: "no\u001b[31m" });
      },
      "no",
    ],
    [
      "an end of the guest",
      (guest: FakeGuest) => {
        guest.socket.end();
      },
      "The witness was cut off: ",
    ],
  ])("is absent where all it says is %s", async (_what, say, words) => {
    const { guest, stream, witness } = await watched();
    say(guest, stream);
    await turn();
    const { state, missing } = await witness.finish();
    expect(state).toBe("absent");
    expect(missing).toHaveLength(1);
    expect(missing.join()).toContain(words);
    expect(missing.join()).not.toContain("\u001b");
  });
});
