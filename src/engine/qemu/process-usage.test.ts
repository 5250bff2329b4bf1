import fc from "fast-check";
import { expect, it } from "vitest";
import { parseUsage } from "./process-usage.ts";

const STAT = "123 (a) b (c) S 1 1 1 0 -1 0 0 0 0 0 17 8 0 0 20 0 4 0 100 0 0";

it("reads processor time and memory of its own", () => {
  expect(parseUsage(STAT, "Name:\tqemu\nRssAnon:\t   32388 kB\nRssFile:\t 1 kB\n")).toEqual({
    cpuMs: 250,
    privateBytes: 32388 * 1024,
  });
});

it("understands either all or nothing of what it gets", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (stat, status) => {
      expect(parseUsage(stat, `${status}\nRssAnon: 1 kB\n`)).toSatisfy(
        (usage: ReturnType<typeof parseUsage>) => usage === undefined || Number.isSafeInteger(usage.cpuMs),
      );
    }),
  );
});
