import { isAlive } from "../process/index.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";
import { endProcessesOf, kill, processesIn, removeCgroup, removeStaging } from "./remains.ts";

/**
 * Ends what a killed Mayfly left behind: for each ledger entry whose owner no longer lives, its processes, its cgroups,
 * and then the entry. Safe to run by several at once.
 * @returns the entries that were swept; one that could not be ended stays in the ledger for the next sweep
 */
export async function sweep(ledger: Ledger): Promise<LedgerEntry[]> {
  const orphans = ledger.list().filter((entry) => !isAlive(entry.owner));
  const swept = await Promise.all(orphans.map(async (entry) => ({ entry, gone: await endOrphan(entry) })));
  for (const { entry, gone } of swept) if (gone) ledger.remove(entry.id);
  return swept.flatMap(({ entry, gone }) => (gone ? [entry] : []));
}

async function endOrphan(entry: LedgerEntry): Promise<boolean> {
  for (const cgroup of entry.cgroups) for (const pid of processesIn(cgroup)) kill(pid);
  const ended = await endProcessesOf(entry.id, entry.processes);
  for (const directory of entry.directories) removeStaging(directory, entry.id);
  const removed = await Promise.all(entry.cgroups.map(async (cgroup) => await removeCgroup(cgroup)));
  return ended && removed.every(Boolean);
}
