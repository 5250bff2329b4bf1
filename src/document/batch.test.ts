import { describe, expect, it } from "vitest";
import { isMayflyError } from "../foundation/index.ts";
import { admitJobs, inBatch } from "./batch.ts";

describe("inBatch", () => {
  it("keeps the items' order and never does more than so many at once", async () => {
    let now = 0;
    let most = 0;
    const results = await inBatch([30, 1, 20, 2, 10], 2, async (ms, index) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, ms));
      now--;
      return `${index}:${ms}`;
    });
    expect(results).toEqual(["0:30", "1:1", "2:20", "3:2", "4:10"]);
    expect(most).toBe(2);
  });

  it("does nothing for nothing", async () => {
    expect(await inBatch([], 4, async () => await Promise.reject(new Error("never")))).toEqual([]);
  });
});

describe("admitJobs", () => {
  it("takes what the user says, within reason", () => {
    expect(admitJobs(3, 2 ** 30)).toBe(3);
    for (const asked of [0, -1, 65, 1.5, Number.NaN]) {
      try {
        admitJobs(asked, 2 ** 30);
        expect.fail("should have been refused");
      } catch (cause) {
        expect(isMayflyError(cause, "E_USAGE")).toBe(true);
      }
    }
  });

  it("does one at a time where memory holds no more", () => {
    expect(admitJobs(undefined, 2 ** 60)).toBe(1);
    expect(admitJobs(undefined, 1)).toBeGreaterThanOrEqual(1);
  });
});
