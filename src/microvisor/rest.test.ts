import { expect, it } from "vitest";
import { deferred } from "../foundation/index.ts";
import { atRest } from "./rest.ts";

const PACE = { lookMs: 10, quietMs: 50, mostMs: 400 };
const NEVER = new AbortController().signal;

/** @param used milliseconds of a processor between one look and the next */
function machine(used: () => number) {
  let cpuMs = 0;
  let looks = 0;
  const end = deferred<{ why: "killed"; detail: string }>();
  return {
    end,
    looks: () => looks,
    usage: () => {
      looks++;
      return { cpuMs: (cpuMs += used()), privateBytes: 0 };
    },
    ended: end.promise,
  };
}

it("waits until a machine has used little of a processor for a while", async () => {
  let left = 12;
  const busy = machine(() => (left-- > 0 ? 10 : 1));
  await atRest(busy, NEVER, PACE);
  expect(busy.looks()).toBe(12 + 5); // one of the twelve is the first look
});

it("does not take a short pause for rest", async () => {
  let looks = 0;
  const uneven = machine(() => (looks++ % 4 === 0 && looks < 20 ? 10 : 0));
  await atRest(uneven, NEVER, PACE);
  expect(uneven.looks()).toBeGreaterThan(20);
});

it("gives a machine up that never rests", async () => {
  const restless = machine(() => 10);
  await atRest(restless, NEVER, PACE);
  expect(restless.looks()).toBe(PACE.mostMs / PACE.lookMs + 1);
});

it("is over at once when the machine ends", async () => {
  let isThere = true;
  const dying = machine(() => 10);
  const gone = { ...dying, usage: () => (isThere ? dying.usage() : undefined) };
  const waiting = atRest(gone, NEVER, { lookMs: 60_000, quietMs: 60_000, mostMs: 600_000 });
  isThere = false;
  dying.end.resolve({ why: "killed", detail: "" });
  await waiting;
});

it("ends with its signal", async () => {
  const closing = new AbortController();
  const busy = machine(() => 10);
  const waiting = expect(atRest(busy, closing.signal)).rejects.toThrow();
  closing.abort();
  await waiting;
});
