import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MIB, MayflyError, attempt, errnoOf } from "../../foundation/index.ts";
import { findCgroupHost, readOwnCgroups, type CgroupHost, type Controller } from "./cgroup-host.ts";

export interface CgroupLimits {
  /** The guest's RAM in bytes; QEMU's own needs are added. */
  readonly memory: number;
  /** TCG's code cache in MiB, part of QEMU's own needs. */
  readonly tbSize: number;
  /** Host cores, e.g. 0.5; undefined: no limit of its own. */
  readonly cpus: number | undefined;
}

/** QEMU beside guest RAM and code cache: libraries, device state, page tables; measured well below this. */
const OVERHEAD = 256 * MIB;
/** QEMU's threads: one a vCPU, main, call_rcu, migration, workers. */
const MOST_THREADS = 256;
const CPU_PERIOD_US = 100_000;

let host: { found: CgroupHost | undefined } | undefined;

/** Looks once a process. */
export function cgroupHost(): CgroupHost | undefined {
  if (host === undefined) {
    const { own, mounts } = readOwnCgroups();
    host = { found: findCgroupHost(own, mounts, process.getuid?.() === 0) };
  }
  return host.found;
}

/** The directories that `makeCgroups` would make: known before, so that the ledger can name them first. */
export function planCgroups(id: string, on: CgroupHost | undefined = cgroupHost()): string[] {
  const paths = Object.values(on?.parents ?? {}).map((parent) => join(parent, `mayfly-${id}`));
  return [...new Set(paths)];
}

/** Makes the directories of `planCgroups` and writes the limits. @throws E_JAIL where the kernel refuses */
export function makeCgroups(
  id: string,
  limits: CgroupLimits,
  on: CgroupHost | undefined = cgroupHost(),
): void {
  if (on === undefined) return;
  for (const [controller, parent] of Object.entries(on.parents) as [Controller, string][]) {
    const directory = join(parent, `mayfly-${id}`);
    try {
      mkdirSync(directory, { recursive: true });
      for (const [file, value] of settings(controller, limits, on.version))
        writeFileSync(join(directory, file), value);
    } catch (cause) {
      throw new MayflyError(
        "E_JAIL",
        `Could not set up the cgroup ${directory}: ${errnoOf(cause) ?? "unknown"}`,
        { cause },
      );
    }
    // Keeps guest memory off the swap device where the kernel counts it; v1 needs swap accounting switched on.
    if (controller === "memory" && on.version === 2) {
      attempt(() => {
        writeFileSync(join(directory, "memory.swap.max"), "0");
      }, "no swap accounting");
    } else if (controller === "memory") {
      attempt(() => {
        writeFileSync(join(directory, "memory.swappiness"), "0");
      }, "not offered by this kernel");
    }
  }
}

function settings(controller: Controller, limits: CgroupLimits, version: 1 | 2): [string, string][] {
  switch (controller) {
    case "memory": {
      const bytes = String(limits.memory + limits.tbSize * MIB + OVERHEAD);
      return [[version === 2 ? "memory.max" : "memory.limit_in_bytes", bytes]];
    }
    case "pids":
      return [["pids.max", String(MOST_THREADS)]];
    case "cpu": {
      if (limits.cpus === undefined) return [];
      const quota = Math.round(limits.cpus * CPU_PERIOD_US);
      return version === 2
        ? [["cpu.max", `${quota} ${CPU_PERIOD_US}`]]
        : [
            ["cpu.cfs_period_us", String(CPU_PERIOD_US)],
            ["cpu.cfs_quota_us", String(quota)],
          ];
    }
  }
}
