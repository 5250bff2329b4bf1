import { readFileSync, readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { Mayfly } from "../../src/index.ts";
import { leftovers, ledgerEntries } from "../support/leftovers.ts";

/** MAYFLY_SOAK_RUNS raises it. */
const RUNS = Math.max(100, Number(process.env["MAYFLY_SOAK_RUNS"] ?? 150));
const FIRST = 50;
/** Garbage that is not collected yet, and the allocator's taste. A leak of one task's buffers would be far above. */
const RSS_SLACK = 96 * 1024 * 1024;
const FD_SLACK = 4;

interface Sample {
  readonly descriptors: number;
  readonly rss: number;
  readonly children: number;
}

function sample(): Sample {
  const children = readdirSync("/proc/self/task").flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, "latin1")
      .split(" ")
      .filter((pid) => pid !== ""),
  );
  return {
    descriptors: readdirSync("/proc/self/fd").length,
    rss: process.memoryUsage.rss(),
    children: children.length,
  };
}

it(
  `runs ${RUNS} tasks one after the other, half of them with standbys, and neither leaves nor gathers anything`,
  { timeout: 60_000 + RUNS * 5000 },
  async () => {
    const ids: string[] = [];
    const from = performance.now();
    const before = sample();
    let early: Sample | undefined;
    let standbys = 0;
    await using mayfly = await Mayfly.open();
    const run = async (number: number): Promise<void> => {
      const result = await mayfly.run({
        command: ["sh", "-c", `cat; echo ${number} >&2`],
        stdin: `in ${number}`,
      });
      expect(result).toMatchObject({
        outcome: { kind: "exited", code: 0 },
        disposal: { complete: true },
        warnings: [],
      });
      expect([result.stdout.toString(), result.stderr.toString()]).toEqual([`in ${number}`, `${number}\n`]);
      ids.push(result.id);
      if (result.origin === "standby") standbys++;
    };
    for (let number = 0; number < RUNS / 2; number++) {
      await run(number);
      if (number + 1 === FIRST) early = sample();
    }
    await mayfly.standby("base", 2);
    while (ids.length < RUNS) await run(ids.length);
    await mayfly.close();

    const late = sample();
    const each = (performance.now() - from) / RUNS;
    const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
    process.stdout.write(
      `soak: ${RUNS} runs (${standbys} by standby), ${each.toFixed(0)} ms each; descriptors ${early?.descriptors ?? 0} → ${late.descriptors}, RSS ${mib(early?.rss ?? 0)} → ${mib(late.rss)}\n`,
    );
    expect(new Set(ids).size).toBe(RUNS);
    expect(standbys).toBeGreaterThan(0);
    expect(leftovers(ids)).toEqual([]);
    expect(ledgerEntries().filter(({ owner }) => owner.pid === process.pid)).toEqual([]);
    expect(late.children).toBe(before.children);
    expect(late.descriptors).toBeLessThanOrEqual((early?.descriptors ?? 0) + FD_SLACK);
    expect(late.rss).toBeLessThanOrEqual((early?.rss ?? 0) + RSS_SLACK);
  },
);
