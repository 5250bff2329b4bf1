import { expect, it } from "vitest";
import { diskUsage } from "./block-stats.ts";

const disk = (each: number): object => ({
  device: "x",
  stats: { rd_bytes: each, rd_operations: each + 1, wr_bytes: each + 2, wr_operations: each + 3, more: 1 },
});

it("adds up what all disks did", () => {
  expect(diskUsage([disk(10), disk(100)])).toEqual({
    readBytes: 110,
    reads: 112,
    writtenBytes: 114,
    writes: 116,
  });
  expect(diskUsage([])).toEqual({ readBytes: 0, reads: 0, writtenBytes: 0, writes: 0 });
});

it.each([undefined, {}, [{}], [{ stats: { rd_bytes: "1" } }], [disk(-1)]])(
  "takes %j for no answer",
  (answer) => {
    expect(diskUsage(answer)).toBeUndefined();
  },
);
