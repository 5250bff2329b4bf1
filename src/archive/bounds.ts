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

/** What the reports of a directory come to, without looking at them. */
export interface Tally {
  readonly reports: number;
  readonly bytes: number;
  /** When the oldest of them was stored; milliseconds since 1970, as are all times here. */
  readonly oldest: number;
  /** When somebody looked. */
  readonly looked: number;
}

/** How far below its bounds an archive is brought, so that the next report does not go over them again. */
const SLACK = 0.95;

/** Removes what is over the bounds, and what writers that died left half-written. Never what is being written. */
export function prune(directory: string, { bytes, age, reports }: ArchiveBounds, now = Date.now()): Tally {
  const all = reportsIn(directory);
  const whole = all.reduce((sum, { stats }) => sum + stats.size, 0);
  const isOver = all.length > reports || whole > bytes;
  const most = isOver ? { reports: reports * SLACK, bytes: bytes * SLACK } : { reports, bytes };
  let tally: Tally = { reports: 0, bytes: 0, oldest: now, looked: now };
  for (const { path, stats } of all) {
    const next = {
      ...tally,
      ...{ reports: tally.reports + 1, bytes: tally.bytes + stats.size, oldest: stats.mtimeMs },
    };
    const isOld = now - stats.mtimeMs > age;
    // The newest has just been written: it is what the user waits for.
    const isKept = tally.reports === 0 || !(next.reports > most.reports || next.bytes > most.bytes || isOld);
    if (!isKept) removeQuietly(path);
    else tally = next;
  }
  sweepAbandoned(directory);
  return tally;
}

/** Removes what writers that died left half-written. */
export function sweepAbandoned(directory: string): void {
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
