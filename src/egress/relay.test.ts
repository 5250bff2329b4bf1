import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { duplexPair } from "../../test/support/duplex-pair.ts";
import { received } from "../../test/support/received.ts";
import type { StreamEnd } from "../contract/index.ts";
import { deferred } from "../foundation/index.ts";
import { relay, type RelayWatcher } from "./relay.ts";

interface Relayed {
  /** The ends that program and server have. */
  readonly program: Duplex;
  readonly server: Duplex;
  readonly end: Promise<StreamEnd>;
  /** What the watcher was told. */
  readonly told: string[];
}

function relayed(
  mayLeave: (chunk: Uint8Array) => boolean = () => true,
  ready: RelayWatcher["ready"] = () => undefined,
): Relayed {
  const [program, guest] = duplexPair();
  const [server, peer] = duplexPair();
  const told: string[] = [];
  const watcher: RelayWatcher = {
    out: mayLeave,
    in: () => undefined,
    ready,
    outEnded: () => told.push("out"),
    inEnded: () => told.push("in"),
  };
  for (const each of [program, server]) each.on("error", () => undefined);
  return { program, server, told, end: relay(guest, peer, watcher) };
}

async function closed(stream: Duplex): Promise<void> {
  if (!stream.closed) await new Promise((resolve) => stream.once("close", resolve));
}

describe("each direction ends on its own", () => {
  it.each(["program", "server"] as const)("where the %s ends first", async (first) => {
    const { end, told, ...ends } = relayed();
    const [one, other] = first === "program" ? [ends.program, ends.server] : [ends.server, ends.program];
    one.end("question");
    expect((await received(other)).toString()).toBe("question");
    expect(told).toEqual([first === "program" ? "out" : "in"]);
    other.end("answer");
    expect((await received(one)).toString()).toBe("answer");
    expect(await end).toBe("closed");
    expect([...told].sort()).toEqual(["in", "out"]);
  });
});

it("passes every byte both ways, in whatever pieces they come", async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(sizes, sizes, async (up, down) => {
      const { program, server, end } = relayed();
      const [sent, answered] = [up, down].map((each) => each.map((size) => randomBytes(size))) as [
        Buffer[],
        Buffer[],
      ];
      for (const each of sent) program.write(each);
      for (const each of answered) server.write(each);
      program.end();
      server.end();
      const [request, answer] = await Promise.all([received(server), received(program)]);
      expect(request.equals(Buffer.concat(sent))).toBe(true);
      expect(answer.equals(Buffer.concat(answered))).toBe(true);
      expect(await end).toBe("closed");
    }),
    { numRuns: 30 },
  );
});

it.each(["program", "server"] as const)("ends both where the %s breaks", async (who) => {
  const { end, ...ends } = relayed();
  const [one, other] = who === "program" ? [ends.program, ends.server] : [ends.server, ends.program];
  one.write("x");
  await once(other, "data");
  one.destroy();
  expect(await end).toBe("reset");
  await closed(other);
});

it("takes no more of a program than its server takes", async () => {
  const { program, server, end } = relayed();
  let accepted = 0;
  const piece = Buffer.alloc(16_384);
  const pump = (): void => {
    program.write(piece, (cause) => {
      if (cause === null || cause === undefined) {
        accepted += piece.length;
        setImmediate(pump); // so that others get their turn
      }
    });
  };
  pump();
  for (let i = 0; i < 1_000; i++) await new Promise(setImmediate);
  expect(accepted).toBeLessThan(1024 * 1024);
  const before = accepted;
  server.resume();
  while (accepted < before + 1024 * 1024) await new Promise(setImmediate);
  program.destroy();
  expect(await end).toBe("reset");
});

it("stops at once where the bytes may not leave, and they do not", async () => {
  let left = 2;
  const { program, server, end } = relayed(() => left-- > 0);
  const arrived: string[] = [];
  server.on("data", (chunk: Buffer) => arrived.push(chunk.toString()));
  for (const word of ["one", "two", "three"]) {
    program.write(word);
    await new Promise(setImmediate);
  }
  expect(await end).toBe("budget");
  expect(arrived).toEqual(["one", "two"]);
  await Promise.all([closed(program), closed(server)]);
});

describe("what is recorded", () => {
  it.each(["program", "server"] as const)("holds the %s back until it is, and loses nothing", async (who) => {
    const behind = deferred<undefined>();
    let pieces = 0;
    const { end, ...ends } = relayed(
      () => true,
      // eslint-disable-next-line @typescript-eslint/promise-function-async -- it is not one where nothing is waited for
      () => (++pieces === 1 ? behind.promise : undefined),
    );
    const [one, other] = who === "program" ? [ends.program, ends.server] : [ends.server, ends.program];
    let arrived = 0;
    other.on("data", (chunk: Buffer) => (arrived += chunk.length));
    const piece = Buffer.alloc(1_000);
    for (let i = 0; i < 10; i++) {
      one.write(piece);
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    }
    expect([pieces, arrived]).toEqual([1, 1_000]);
    behind.resolve(undefined);
    while (arrived < 10_000) await new Promise(setImmediate);
    one.destroy();
    expect(await end).toBe("reset");
  });

  it("does not hold up the end of a stream that breaks meanwhile", async () => {
    const { program, server, end } = relayed(
      () => true,
      async () => {
        await new Promise(() => undefined);
      },
    );
    program.write("x");
    await once(server, "data");
    program.destroy();
    expect(await end).toBe("reset");
  });
});

describe("a program that has sent all and gone", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** It has ended its direction and closed, while its server has yet to take what it sent. */
  async function left(): Promise<Relayed & { readonly isOver: () => boolean }> {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const made = relayed();
    const { program, server, end } = made;
    server.end();
    program.resume();
    program.end(Buffer.alloc(200_000));
    await closed(program);
    let isOver = false;
    void end.then(() => {
      isOver = true;
    });
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    return { ...made, isOver: () => isOver };
  }

  it("leaves its server 60 s to take it", async () => {
    const { server, end, isOver } = await left();
    vi.advanceTimersByTime(59_999);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(isOver()).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await end).toBe("reset");
    await closed(server);
  });

  it("is done when its server takes it before", async () => {
    const { server, end, isOver } = await left();
    vi.advanceTimersByTime(59_999);
    expect(isOver()).toBe(false);
    expect(await received(server)).toHaveLength(200_000);
    expect(await end).toBe("closed");
    expect(vi.getTimerCount()).toBe(0);
  });
});
