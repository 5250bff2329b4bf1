import type { IsolationFact } from "../../contract/index.ts";
import { off, on, unknown, type Finding, type Observation } from "./finding.ts";

interface Remedy {
  readonly pattern: RegExp;
  readonly mend: string;
}

/** What to do about each reason for which hardware is not used (`microvisor/accelerator.ts` words them). */
const REMEDIES: readonly Remedy[] = [
  {
    pattern: /does not exist/,
    mend: "Switch virtualization on in the firmware (VT-x, AMD-V; in a virtual machine: nested virtualization), then sudo modprobe kvm_intel or kvm_amd.",
  },
  {
    pattern: /kvm: Permission denied|QEMU.* may not use/,
    mend: "QEMU runs as a user of its own here, which may not use the device: sudo chgrp kvm /dev/kvm; sudo chmod 660 /dev/kvm.",
  },
  {
    pattern: /no guest boots/,
    mend: "This machine is probably virtual itself and its KVM incomplete: use one with working nested virtualization, or bare metal.",
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
  if (isolation.kind === "hardware") return on("KVM: a guest booted with it, and the processor holds it");
  // Where rights are missing, the reason itself ends with how to get them.
  const [, rights, commands] = /^(.* may not use [^:]+): (.*)$/.exec(isolation.reason) ?? [];
  const mend = commands ?? REMEDIES.find(({ pattern }) => pattern.test(isolation.reason))?.mend;
  return off(`emulated by QEMU (TCG): ${rights ?? isolation.reason}`, mend);
}
