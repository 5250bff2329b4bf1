import { readFileSync } from "node:fs";
import { attempt, formatSize } from "../../foundation/index.ts";
import type { Check } from "./check.ts";
import { holds, off, on, type Observation } from "./finding.ts";
import type { ProcessFiles } from "./process-files.ts";

/** A live QEMU and the cgroups that were made for it. */
export interface BoundedProcess {
  readonly qemu: ProcessFiles;
  readonly id: string;
  /** Directories of its cgroups; with v1 one a controller. */
  readonly cgroups: readonly string[];
}

const MEND =
  "Start Mayfly where cgroups are delegated to you: systemd-run --user --scope -p Delegate=yes mayfly …";

/** What bounds QEMU's use of the host, the guest's memory apart, which its machine bounds. */
export const CGROUP_CHECKS: readonly Check<BoundedProcess>[] = [
  {
    name: "memory limit on the host",
    isRequired: false,
    look: (subject) => limit(subject, "memory", ["memory.max", "memory.limit_in_bytes"]),
  },
  {
    name: "process limit on the host",
    isRequired: false,
    look: (subject) => limit(subject, "pids", ["pids.max"]),
  },
  { name: "CPU share (--cpus)", isRequired: false, look: (subject) => cpu(subject) },
];

function limit(subject: BoundedProcess, controller: string, names: readonly string[]): Observation {
  const found = readAny(subject.cgroups, names);
  if (found === undefined || !isMember(subject, controller))
    return off(`QEMU is in no ${controller} cgroup of its own`, MEND);
  if (!/^\d+$/.test(found.value)) return off(`${found.name} is ${found.value}`, MEND);
  return on(`${found.name} ${controller === "memory" ? formatSize(Number(found.value)) : found.value}`);
}

function cpu(subject: BoundedProcess): Observation {
  const found = readAny(subject.cgroups, ["cpu.max", "cpu.cfs_quota_us"]);
  const isThere = found !== undefined && isMember(subject, "cpu");
  return holds(
    isThere,
    isThere ? `${found.name} can be set` : "QEMU is in no cpu cgroup of its own; --cpus is refused",
    MEND,
  );
}

/** `/proc/PID/cgroup`: `0::/PATH` with v2, `N:CONTROLLERS:/PATH` with v1. */
function isMember({ qemu, id }: BoundedProcess, controller: string): boolean {
  return qemu
    .read("cgroup")
    .split("\n")
    .some((line) => {
      const [, controllers = "?", path = ""] = line.split(":");
      return (
        (controllers === "" || controllers.split(",").includes(controller)) && path.endsWith(`/mayfly-${id}`)
      );
    });
}

function readAny(
  directories: readonly string[],
  names: readonly string[],
): { name: string; value: string } | undefined {
  for (const directory of directories) {
    for (const name of names) {
      const value = attempt(
        () => readFileSync(`${directory}/${name}`, "latin1"),
        "another version or controller",
      );
      if (value !== undefined) return { name, value: value.trim() };
    }
  }
  return undefined;
}
