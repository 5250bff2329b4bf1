import { readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { attempt, errnoOf, sleep, type VmId } from "../foundation/index.ts";
import { identifyProcess, isAlive, type ProcessIdentity } from "../process/index.ts";

/** Processes that carry the micro-VM's id in their arguments (QEMU and its jail do). */
export function processesOf(id: VmId): ProcessIdentity[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    const argv = attempt(() => readFileSync(`/proc/${name}/cmdline`, "latin1"), "ended meanwhile");
    if (argv?.includes(`mayfly-${id}`) !== true) return [];
    const found = identifyProcess(Number(name));
    return found === undefined ? [] : [found];
  });
}

export function processesIn(cgroup: string): number[] {
  const text = attempt(() => readFileSync(`${cgroup}/cgroup.procs`, "latin1"), "no such cgroup") ?? "";
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
}

export function kill(pid: number): void {
  attempt(() => process.kill(pid, "SIGKILL"), "it has ended already");
}

/**
 * Ends what belongs to the micro-VM, `known` and found, until two looks find nothing: what ends, by us or by itself,
 * may have started another process that the same look missed, and a process in the middle of exec has no arguments.
 * True if nothing is left within `ms`.
 */
export async function endProcessesOf(
  id: VmId,
  known: readonly ProcessIdentity[] = [],
  ms = 5000,
): Promise<boolean> {
  const end = performance.now() + ms;
  for (let empty = 0; empty < 2; empty++) {
    await sleep(empty);
    const found = [...known.filter(isAlive), ...processesOf(id)];
    if (found.length > 0) empty = -1;
    for (const { pid } of found) kill(pid);
    if (!(await waitUntilGone(found, end - performance.now()))) return false;
  }
  return true;
}

/** Waits until none of `processes` lives; true if so within `ms`. */
export async function waitUntilGone(processes: readonly ProcessIdentity[], ms = 5000): Promise<boolean> {
  const end = performance.now() + ms;
  while (processes.some(isAlive)) {
    if (performance.now() > end) return false;
    await sleep(1);
  }
  return true;
}

/** Ends what is in the cgroup and removes it. True if it is gone. */
export async function removeCgroup(path: string, ms = 5000): Promise<boolean> {
  const end = performance.now() + ms;
  for (;;) {
    const errno = rmdirErrno(path);
    if (errno === undefined || errno === "ENOENT") return true;
    if (performance.now() > end) return false;
    if (
      attempt(() => {
        writeFileSync(`${path}/cgroup.kill`, "1");
      }, "cgroup v1, or Linux before 5.14") === undefined
    ) {
      for (const pid of processesIn(path)) kill(pid);
    }
    await sleep(2);
  }
}

/** Where results of a task lie until they are whole, inside the directory that the user named. */
export function stagingPath(directory: string, id: VmId): string {
  return join(directory, `.mayfly-${id}`);
}

/** Removes unfinished results. Only what has our own name: a ledger that somebody wrote into must not remove more. */
export function removeStaging(path: string, id: VmId): void {
  if (basename(path) === `.mayfly-${id}`) rmSync(path, { recursive: true, force: true });
}

function rmdirErrno(path: string): string | undefined {
  try {
    rmdirSync(path);
    return undefined;
  } catch (cause) {
    return errnoOf(cause) ?? "unknown";
  }
}
