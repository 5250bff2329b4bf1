import { readdirSync, rmSync, statSync, type Stats } from "node:fs";
import { join } from "node:path";
import { MIB, attempt, isVmId } from "../foundation/index.ts";
import { isAbandoned } from "../process/index.ts";

/** How much is kept. The oldest go first. */
export interface ArchiveBounds {
  /** Of all reports together. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly age: number;
  /** How many: looking through them takes time at each run's end. */
  readonly reports: number;
}

export const DEFAULT_BOUNDS: ArchiveBounds = { bytes: 500 * MIB, age: 90 * 24 * 3_600_000, reports: 10_000 };

interface ReportFile {
  readonly path: string;
  readonly stats: Stats;
}

/** The finished reports of a directory, newest first. */
export function reportsIn(directory: string): ReportFile[] {
  return namesIn(directory)
    .filter((name) => name.endsWith(".json") && isVmId(name.slice(0, -".json".length)))
    .flatMap((name) => {
      const path = join(directory, name);
      const stats = attempt(() => statSync(path), "it has just been removed");
      return stats?.isFile() === true ? [{ path, stats }] : [];
    })
    .sort((one, other) => other.stats.mtimeMs - one.stats.mtimeMs || (one.path < other.path ? 1 : -1));
}

/** Removes what is over the bounds, and what writers that died left half-written. Never what is being written. */
export function prune(directory: string, { bytes, age, reports }: ArchiveBounds, now = Date.now()): void {
  let total = 0;
  for (const [index, { path, stats }] of reportsIn(directory).entries()) {
    total += stats.size;
    const isOver = index >= reports || now - stats.mtimeMs > age || total > bytes;
    if (index > 0 && isOver) removeQuietly(path); // the newest has just been written: it is what the user waits for
  }
  for (const name of namesIn(directory)) if (isAbandoned(name)) removeQuietly(join(directory, name));
}

function namesIn(directory: string): string[] {
  return attempt(() => readdirSync(directory), "none was written yet") ?? [];
}

function removeQuietly(path: string): void {
  attempt(() => {
    rmSync(path, { force: true });
  }, "the next run tries again");
}
