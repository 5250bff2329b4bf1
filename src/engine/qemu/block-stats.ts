import * as v from "valibot";
import type { DiskUsage } from "../machine.ts";

const count = v.pipe(v.number(), v.minValue(0));

const Answer = v.array(
  v.object({
    stats: v.object({
      rd_bytes: count,
      rd_operations: count,
      wr_bytes: count,
      wr_operations: count,
    }),
  }),
);

/** What all disks of a machine did so far, of QEMU's answer to `query-blockstats`; undefined for what is none. */
export function diskUsage(answer: unknown): DiskUsage | undefined {
  const parsed = v.safeParse(Answer, answer);
  if (!parsed.success) return undefined;
  const sum = { readBytes: 0, reads: 0, writtenBytes: 0, writes: 0 };
  for (const { stats } of parsed.output) {
    sum.readBytes += stats.rd_bytes;
    sum.reads += stats.rd_operations;
    sum.writtenBytes += stats.wr_bytes;
    sum.writes += stats.wr_operations;
  }
  return sum;
}
