import { readFileSync } from "node:fs";
import { KIB, attempt } from "../../foundation/index.ts";
import type { Accelerator, MachineUsage } from "../machine.ts";

/** Linux tells processor times in hundredths of a second, whatever its own clock is (`USER_HZ`). */
const MS_PER_TICK = 10;

/** What a process used so far; undefined where it has ended. Two short reads, some 50 µs. */
export function usageOf(pid: number): MachineUsage | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "latin1"), "it has ended");
  const status = attempt(() => readFileSync(`/proc/${pid}/status`, "latin1"), "it has ended");
  return stat === undefined || status === undefined ? undefined : parseUsage(stat, status);
}

export function parseUsage(stat: string, status: string): MachineUsage | undefined {
  // The command name, in parentheses, may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const anonymous = /^RssAnon:\s+(\d{1,15}) kB$/m.exec(status)?.[1];
  if (anonymous === undefined || !Number.isSafeInteger(ticks)) return undefined;
  return { cpuMs: ticks * MS_PER_TICK, privateBytes: Number(anonymous) * KIB };
}

/** By which accelerator a process of QEMU's was started; undefined where it has ended or is none. */
export function acceleratorOf(pid: number): Accelerator | undefined {
  const words =
    attempt(() => readFileSync(`/proc/${pid}/cmdline`, "latin1"), "it has ended")?.split("\0") ?? [];
  const name = words[words.indexOf("-accel") + 1]?.split(",")[0];
  return name === "kvm" || name === "tcg" ? name : undefined;
}
