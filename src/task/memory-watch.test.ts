import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { uncheckedMemory, type MemoryRecord } from "../contract/index.ts";
import { MemoryWatch } from "./memory-watch.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A machine whose checks take so long each. */
function watched(ms: number): { watch: MemoryWatch; seen: MemoryRecord[]; checks: () => number } {
  const seen: MemoryRecord[] = [];
  let checks = 0;
  const check = async (): Promise<MemoryRecord> => {
    checks++;
    await new Promise((resolve) => setTimeout(resolve, ms));
    return uncheckedMemory("");
  };
  const watch = new MemoryWatch({ check }, (memory) => {
    seen.push(memory);
  });
  return { watch, seen, checks: () => checks };
}

it("looks once a second, and more seldom where looking takes long", async () => {
  const quick = watched(10);
  const slow = watched(500);
  await vi.advanceTimersByTimeAsync(101_000);
  expect(quick.seen).toHaveLength(100);
  expect(slow.seen).toHaveLength(10); // a twentieth of the time
});

it("is over only when a look that has begun is, and begins none afterwards", async () => {
  const { watch, seen, checks } = watched(300);
  await vi.advanceTimersByTimeAsync(1100);
  const end = watch.end();
  await vi.advanceTimersByTimeAsync(60_000);
  await end;
  expect([seen.length, checks()]).toEqual([1, 1]);
});
