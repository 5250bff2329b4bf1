import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { DiskUsage, MachineEnd } from "../engine/index.ts";
import { deferred } from "../foundation/index.ts";
import { RecentLog } from "../process/index.ts";
import { Sampler } from "./sampler.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function sampled(): { sampler: Sampler; end: () => void; reads: () => number } {
  const ended = deferred<MachineEnd>();
  const console = new RecentLog();
  console.add(Buffer.from("one\n\u001b[31mtwo\n"));
  let reads = 0;
  const usage = (): { cpuMs: number; privateBytes: number } => {
    reads++;
    return { cpuMs: reads * 10, privateBytes: reads % 7 };
  };
  const disk = async (): Promise<DiskUsage> =>
    await Promise.resolve({ readBytes: reads * 512, reads, writtenBytes: 0, writes: 0 });
  const sampler = new Sampler({ usage, disk, console, ended: ended.promise });
  const end = (): void => {
    ended.resolve({ why: "killed", detail: "" });
  };
  return { sampler, end, reads: () => reads };
}

it("keeps at most 600 samples, further apart the longer it takes, and the last value", async () => {
  const { sampler, reads } = sampled();
  await vi.advanceTimersByTimeAsync(3_600_000);
  const record = await sampler.record();
  expect(record.samples.length).toBeLessThanOrEqual(600);
  expect(record.samples.length).toBeGreaterThan(250);
  expect(record.samples.at(-1)?.at).toBe(3_600_000);
  expect(record.samples[0]?.at).toBe(0);
  expect(record.cpuMs).toBe(reads() * 10);
  expect(record.peakPrivateBytes).toBe(6);
  expect(record.disk).toEqual({ readBytes: reads() * 512, reads: reads(), writtenBytes: 0, writes: 0 });
  expect(record.samples.at(-1)?.readBytes).toBe(reads() * 512);
  expect(record.console).toEqual([
    { at: 0, text: "one" },
    { at: 0, text: "\\u{1b}[31mtwo" },
  ]);
});

it("reads nothing more once its machine has ended", async () => {
  const { sampler, end, reads } = sampled();
  end();
  await vi.advanceTimersByTimeAsync(10_000);
  const before = reads();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(reads()).toBe(before);
  expect((await sampler.record()).samples.length).toBeGreaterThan(0);
});
