import { SHELF_BYTES } from "../../contract/agent/index.ts";
import { MIB } from "../../foundation/index.ts";
import type { MachineShape } from "../machine.ts";

/** Where things are inside the jail. */
export const INSIDE = {
  kernel: "/image/vmlinuz",
  initramfs: "/image/initramfs",
  root: "/image/root",
  /** Holds `ram`, and `state.sock` while a template is frozen. */
  template: "/template",
  ram: "/template/ram",
  shim: "/lib/readonly-ram.so",
  /** Where QEMU writes its device state when it is asked to. */
  deviceState: "/state",
} as const;

/** Descriptors that QEMU inherits. */
const FD = { qmp: 3, agent: 4, state: 5, shelf: 7 } as const;
export const STATE_URI = `fd:${FD.state}`;
export const FREEZE_URI = `unix:${INSIDE.template}/state.sock`;

export type RamKind = "anonymous" | "template" | "copy-on-write";

interface QemuArguments {
  readonly id: string;
  readonly shape: MachineShape;
  readonly ram: RamKind;
  /** Loading from a file opened read-only needs `rom=off`, which QEMU has from 8.2 on. */
  readonly hasRom: boolean;
  /** Whether a descriptor gives the shelf; else it is an empty disk, so that the machine is the same. */
  readonly hasShelf: boolean;
  /** Kernel command line where the machine boots; undefined where it is loaded. */
  readonly boot: string | undefined;
}

/** QEMU's arguments: the smallest machine that can run the agent. No PCI, network, USB or graphics. */
export function qemuArguments({ id, shape, ram, hasRom, hasShelf, boot }: QemuArguments): string[] {
  const memory = `${shape.memory / MIB}M`;
  return [
    "-name",
    `mayfly-${id}`,
    "-nodefaults",
    "-no-user-config",
    "-no-reboot",
    "-display",
    "none",
    "-S",
    "-sandbox",
    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
    ...machine(shape),
    "-smp",
    String(shape.vcpus),
    "-m",
    memory,
    "-object",
    ramObject(ram, memory, hasRom),
    "-drive",
    `if=none,id=root,format=raw,readonly=on,file.locking=off,file=${INSIDE.root}`,
    "-device",
    "virtio-blk-device,drive=root",
    ...shelf(hasShelf),
    "-device",
    "virtio-blk-device,drive=shelf",
    "-device",
    "virtio-serial-device,max_ports=2",
    "-chardev",
    `socket,id=agent,fd=${FD.agent}`,
    "-device",
    "virtserialport,chardev=agent,name=agent",
    "-chardev",
    `socket,id=qmp,fd=${FD.qmp}`,
    "-mon",
    "chardev=qmp,mode=control",
    "-chardev",
    "stdio,id=console,signal=off",
    "-serial",
    "chardev:console",
    ...(boot === undefined
      ? ["-incoming", "defer"]
      : ["-kernel", INSIDE.kernel, "-initrd", INSIDE.initramfs, "-append", boot]),
  ];
}

/** The disk with what is too large for the agent's port. */
function shelf(hasShelf: boolean): string[] {
  return hasShelf
    ? [
        "-add-fd",
        `fd=${FD.shelf},set=1`,
        "-blockdev",
        "driver=file,node-name=shelf,read-only=on,locking=off,filename=/dev/fdset/1",
      ]
    : ["-blockdev", `driver=null-co,node-name=shelf,read-only=on,read-zeroes=on,size=${SHELF_BYTES}`];
}

/**
 * Under KVM without virtualization inside the guest and without performance counters: the host's kernel would serve both.
 * TCG serves its own, and a guest of QEMU 7.2 without `svm` there runs wrongly. TCG runs string instructions byte by byte,
 * so the guest is not told that they were fast: a kernel that believes it copies everything with them, at half the speed.
 */
const PROCESSOR = { kvm: "host,svm=off,vmx=off,pmu=off", tcg: "max,-erms,-fsrm" } as const;

/**
 * microvm with ACPI, as Debian's kernels find virtio-mmio devices by ACPI only. Under TCG the guest hangs without the
 * legacy timer, interrupt controller and clock; under KVM it has better ones, and the clock is there because a kernel
 * that finds none looks for it longer. Guest memory is never merged with another's nor part of a core dump.
 */
function machine({ accelerator, tbSize }: MachineShape): string[] {
  const legacy = accelerator === "tcg" ? "pit=on,pic=on" : "pit=off,pic=off";
  return [
    "-M",
    `microvm,acpi=on,rtc=on,${legacy},isa-serial=on,memory-backend=ram,mem-merge=off,dump-guest-core=off`,
    ...(accelerator === "tcg" ? ["-accel", `tcg,thread=multi,tb-size=${tbSize}`] : ["-accel", "kvm"]),
    "-cpu",
    PROCESSOR[accelerator],
  ];
}

/** Changes when a machine is put together in another way, so that none is loaded into what it was not frozen in. */
export function machineRevision(): string {
  const shape = { memory: MIB, vcpus: 1, tbSize: 1 };
  return (["kvm", "tcg"] as const)
    .map((accelerator) => {
      const request = {
        id: "",
        shape: { ...shape, accelerator },
        ram: "template",
        hasRom: true,
        hasShelf: true,
      } as const;
      return qemuArguments({ ...request, boot: kernelCommandLine(request.shape, 0) }).join(" ");
    })
    .join("\n");
}

function ramObject(kind: RamKind, size: string, hasRom: boolean): string {
  if (kind === "anonymous") return `memory-backend-ram,id=ram,size=${size}`;
  const file = `memory-backend-file,id=ram,size=${size},mem-path=${INSIDE.ram}`;
  if (kind === "template") return `${file},share=on`;
  return hasRom ? `${file},share=off,readonly=on,rom=off` : `${file},share=off`;
}

/**
 * Kernel command line. Under TCG the guest would calibrate its clock against the emulated timer, which hangs on a busy
 * host; it is given the host's frequency instead (TCG's TSC is the host's).
 */
export function kernelCommandLine(shape: MachineShape, tscKhz: number): string {
  const common = "console=ttyS0 quiet loglevel=4 reboot=t panic=-1 random.trust_cpu=on";
  return shape.accelerator === "tcg"
    ? `${common} tsc_early_khz=${tscKhz} tsc=reliable no_timer_check`
    : common;
}
