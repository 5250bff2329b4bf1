import { readdirSync, readFileSync, existsSync } from "node:fs";
import { Ledger, processesIn, type LedgerEntry } from "../../src/disposal/index.ts";
import { runDirectory } from "../../src/foundation/index.ts";
import { planCgroups } from "../../src/engine/index.ts";
import { attempt, type VmId } from "../../src/foundation/index.ts";

/** Everything on this host that still belongs to one of these micro-VMs; empty where all is gone. No id is "". */
export function leftovers(ids: readonly string[]): string[] {
  if (ids.includes("")) throw new Error("the id of a machine that was never made would fit every process");
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const argv = attempt(() => readFileSync(`/proc/${pid}/cmdline`, "latin1"), "ended meanwhile") ?? "";
      return ids.some((id) => argv.includes(`mayfly-${id}`))
        ? [`process ${pid}: ${argv.slice(0, 60).replaceAll("\0", " ")}`]
        : [];
    });
  const cgroups = ids
    .flatMap((id) => planCgroups(id))
    .filter(existsSync)
    .map((path) => `cgroup ${path} (${processesIn(path).length} processes)`);
  const ledger = new Ledger(runDirectory());
  const entries = ids.filter((id) => ledger.has(id as VmId)).map((id) => `ledger entry ${id}`);
  const mounts = attempt(() => readFileSync("/proc/self/mounts", "latin1"), "no /proc") ?? "";
  const mounted = ids.filter((id) => mounts.includes(id)).map((id) => `mount of ${id}`);
  return [...processes, ...cgroups, ...entries, ...mounted];
}

export function ledgerEntries(): LedgerEntry[] {
  return new Ledger(runDirectory()).list();
}
