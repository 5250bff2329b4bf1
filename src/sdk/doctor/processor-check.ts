import type { IsolationFact } from "../../contract/index.ts";
import { off, on, unknown, type Finding, type Observation } from "./finding.ts";

interface Remedy {
  readonly pattern: RegExp;
  readonly mend: string;
}

/** What to do about each reason for which hardware is not used (`microvisor/kvm-device.ts` words them). */
const REMEDIES: readonly Remedy[] = [
  {
    pattern: /: the module kvm_intel is not loaded/,
    mend: "sudo modprobe kvm_intel (where that is refused: switch VT-x on in the firmware).",
  },
  {
    pattern: /: the module kvm_amd is not loaded/,
    mend: "sudo modprobe kvm_amd (where that is refused: switch AMD-V on in the firmware).",
  },
  {
    pattern: /: the processor offers no virtualization$/,
    mend: "Switch virtualization on in the firmware (VT-x, AMD-V); in a virtual machine: nested virtualization, on its host.",
  },
  {
    pattern: /denied by the device rules/,
    mend: "Give the device to the container: --device /dev/kvm (docker, podman), or DeviceAllow=/dev/kvm rw (systemd).",
  },
  {
    pattern: /kvm: Permission denied/,
    mend: "QEMU runs as a user of its own here, which may not use the device: sudo chgrp kvm /dev/kvm; sudo chmod 660 /dev/kvm.",
  },
  {
    pattern: /Device or resource busy/,
    mend: "Another hypervisor (VirtualBox, VMware) holds the processor's virtualization: end its machines.",
  },
  {
    pattern: /para-virtual/,
    mend: "This machine is virtual, and its KVM runs no stock kernel: switch nested virtualization on at its host, or use bare metal.",
  },
  {
    pattern: /no guest boots/,
    mend: "If the host was busy, `mayfly doctor` tries again; else update its kernel and firmware, and report it if that does not help.",
  },
];

/** Whether the processor holds the guest. Only a guest that truly booted with it counts. */
export function processorFinding(isolation: IsolationFact | undefined): Finding {
  const { state, evidence, mend } = observe(isolation);
  return { area: "processor", name: "hardware isolation", state, isRequired: false, evidence, mend };
}

function observe(isolation: IsolationFact | undefined): Observation {
  if (isolation === undefined)
    return unknown("not tried yet on this machine", "Run `mayfly doctor` without --quick; it tries once.");
  if (isolation.kind === "hardware")
    return on("hardware (kvm): a guest booted with it, and the processor holds it");
  // Where rights are missing, the reason itself ends with how to get them.
  const [, rights, commands] = /^(.* may not use [^:]+): (.*)$/.exec(isolation.reason) ?? [];
  const mend = commands ?? REMEDIES.find(({ pattern }) => pattern.test(isolation.reason))?.mend;
  return off(`emulated by QEMU (TCG): ${rights ?? isolation.reason}`, mend);
}
