import { accessSync, closeSync, constants, openSync, statSync } from "node:fs";
import { hostCpu } from "../engine/index.ts";
import { attempt, errnoOf } from "../foundation/index.ts";

/** What is wrong with the device before any guest is tried; undefined where nothing is. */
export function obstacleTo(device: string, cpu: Pick<Cpu, "kvmModule"> = hostCpu()): string | undefined {
  const stat = attempt(() => statSync(device), "told at once");
  if (stat === undefined) return `${device} does not exist: ${whyMissing(cpu)}`;
  return rights(device, stat) ?? unopenable(device, cpu);
}

/** What kind of KVM it is that runs no guest, where the processor tells: a clause, or nothing. */
export function natureOfKvm(cpu: Pick<Cpu, "kvmModule"> = hostCpu()): string {
  return cpu.kvmModule === undefined
    ? ", as the processor offers no virtualization (a para-virtual KVM inside a virtual machine)"
    : "";
}

type Cpu = ReturnType<typeof hostCpu>;

function whyMissing({ kvmModule }: Pick<Cpu, "kvmModule">): string {
  return kvmModule === undefined
    ? "the processor offers no virtualization"
    : `the module ${kvmModule} is not loaded`;
}

function rights(device: string, stat: { gid: number; mode: number }): string | undefined {
  const groupMay = stat.gid !== 0 && (stat.mode & 0o060) === 0o060;
  const mend = `sudo chgrp kvm ${device}; sudo chmod 660 ${device}`;
  if (process.getuid?.() === 0) {
    // QEMU then runs as a user without rights, in the device's group unless that is root's.
    return groupMay || (stat.mode & 0o006) === 0o006
      ? undefined
      : `QEMU, which gets a user without rights where root starts it, may not use ${device}: ${mend}`;
  }
  const mayUse =
    attempt(() => {
      accessSync(device, constants.R_OK | constants.W_OK);
      return true;
    }, "told at once") === true;
  if (mayUse) return undefined;
  return `you may not use ${device}: ${groupMay ? "" : `${mend}; `}join its group (sudo usermod -aG kvm $USER, then log in again)`;
}

/** A node may be there without a driver behind it, or be denied by rules that permission bits do not show. */
function unopenable(device: string, cpu: Pick<Cpu, "kvmModule">): string | undefined {
  try {
    closeSync(openSync(device, "r+"));
    return undefined;
  } catch (cause) {
    const errno = errnoOf(cause) ?? "unknown";
    if (errno === "ENODEV" || errno === "ENXIO")
      return `${device} has no driver behind it: ${whyMissing(cpu)}`;
    if (errno === "EPERM") return `${device} is denied by the device rules of a container or cgroup`;
    return `${device} cannot be opened: ${errno}`;
  }
}
