import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { uncheckedMemory } from "../contract/index.ts";
import type { Machine } from "../engine/index.ts";
import type { Baseline } from "../introspection/index.ts";
import { Observation } from "./observation.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("a check that took too long lets no machine run on that somebody wants paused", async () => {
  const told: string[] = [];
  const tell = (what: string) => async (): Promise<void> => {
    await Promise.resolve(told.push(what));
  };
  const machine = { pause: tell("pause"), continue: tell("continue") } as Partial<Machine> as Machine;
  const baseline = {
    heads: { add: () => undefined } as unknown as Baseline["heads"],
  } as Partial<Baseline> as Baseline;
  let compared: (unsettled: boolean) => void = () => undefined;
  const slow = new Promise<boolean>((resolve) => (compared = resolve));
  const observation = new Observation(
    machine,
    () => baseline,
    async () => {
      return { record: uncheckedMemory(""), unsettled: await slow };
    },
  );
  const check = observation.check("stay");
  await vi.advanceTimersByTimeAsync(6000);
  expect(await check).toMatchObject({ state: "unchecked", reason: "The check did not end within 5 s" });
  compared(true);
  await vi.advanceTimersByTimeAsync(6000);
  expect(told).toEqual(["pause"]);
});
