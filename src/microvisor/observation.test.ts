import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { uncheckedMemory } from "../contract/index.ts";
import type { Machine } from "../engine/index.ts";
import type { Baseline } from "../introspection/index.ts";
import { Observation } from "./observation.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A machine that only writes down what it is told. */
function fakeMachine(): { readonly machine: Machine; readonly told: readonly string[] } {
  const told: string[] = [];
  const tell = (what: string) => async (): Promise<void> => {
    await Promise.resolve(told.push(what));
  };
  const machine = { pause: tell("pause"), continue: tell("continue") } as Partial<Machine> as Machine;
  return { machine, told };
}

function fakeBaseline(): Baseline {
  const heads = { add: () => undefined } as unknown as Baseline["heads"];
  return { heads } as Partial<Baseline> as Baseline;
}

it("a check leaves a machine paused that stands so since another, and is that one's record", async () => {
  const { machine, told } = fakeMachine();
  const record = uncheckedMemory("");
  const observation = new Observation(machine, fakeBaseline, async () => {
    return await Promise.resolve({ record: { ...record }, unsettled: false });
  });
  const first = await observation.check("continue");
  expect(told).toEqual(["pause", "continue"]);
  const [standing, asked] = await Promise.all([observation.check("stay"), observation.check("continue")]);
  expect([asked === standing, standing === first]).toEqual([true, false]);
  expect(told).toEqual(["pause", "continue", "pause"]);
  await observation.resume();
  expect(await observation.check("continue")).not.toBe(standing);
  expect(told).toEqual(["pause", "continue", "pause", "continue", "pause", "continue"]);
});

it("a check that took too long lets no machine run on that somebody wants paused", async () => {
  const { machine, told } = fakeMachine();
  let compared: (unsettled: boolean) => void = () => undefined;
  const slow = new Promise<boolean>((resolve) => (compared = resolve));
  const observation = new Observation(machine, fakeBaseline, async () => {
    return { record: uncheckedMemory(""), unsettled: await slow };
  });
  const check = observation.check("stay");
  await vi.advanceTimersByTimeAsync(6000);
  expect(await check).toMatchObject({ state: "unchecked", reason: "The check did not end within 5 s" });
  compared(true);
  await vi.advanceTimersByTimeAsync(6000);
  expect(told).toEqual(["pause"]);
});
