import * as v from "valibot";

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A guest's memory against its template's, seen from outside: the `MemoryRecord` of reports. */
export const MemoryView = v.object({
  state: v.picklist(["checked", "unchecked"]),
  /** Why it is unchecked; empty otherwise. */
  reason: v.string(),
  /** Milliseconds since the task began, and how long it took. */
  at: v.number(),
  took: v.number(),
  /** Of 4,096 bytes each. */
  pages: Count,
  changedPages: Count,
  kernel: v.array(
    v.object({
      part: v.picklist([
        "text",
        "read-only data",
        "system-call table",
        "interrupt descriptors",
        "segment descriptors",
        "page tables",
        "control registers",
        "system-call entry",
      ]),
      state: v.picklist(["intact", "changed", "unchecked"]),
      /** What was compared. */
      detail: v.string(),
      /** At most 32; hex. */
      changes: v.array(v.object({ place: v.string(), expected: v.string(), found: v.string() })),
      changesOmitted: Count,
    }),
  ),
  /** Heads of programs in memory that no file explains; at most 100. */
  executables: v.array(v.object({ address: v.string(), kind: v.string(), sha256: v.string() })),
  executablesOmitted: Count,
});
export type MemoryView = v.InferOutput<typeof MemoryView>;
