import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";

export interface HostCpu {
  readonly model: string;
  /** Frequency of the time-stamp counter. Linux derives x86's bogomips from it (`lpj_fine`), two per MHz. */
  readonly tscKhz: number;
  /** Changes with model and features. */
  readonly key: string;
  /** The module that serves this processor's virtualization; undefined where it offers none. */
  readonly kvmModule: "kvm_intel" | "kvm_amd" | undefined;
}

let known: HostCpu | undefined;

/** Reads the first processor of `/proc/cpuinfo`. */
export function hostCpu(): HostCpu {
  known ??= parseCpuinfo(readStart("/proc/cpuinfo", 8192));
  return known;
}

export function parseCpuinfo(text: string): HostCpu {
  const field = (name: string): string => new RegExp(`^${name}\\s*: (.*)$`, "m").exec(text)?.[1] ?? "";
  const model = field("model name");
  const key = createHash("sha256")
    .update(`${model}\n${field("stepping")}\n${field("flags")}`)
    .digest("hex")
    .slice(0, 16);
  return {
    model,
    key,
    tscKhz: Math.round(Number(field("bogomips")) * 500),
    kvmModule: kvmModule(field("flags").split(" ")),
  };
}

function kvmModule(flags: readonly string[]): HostCpu["kvmModule"] {
  if (flags.includes("vmx")) return "kvm_intel";
  return flags.includes("svm") ? "kvm_amd" : undefined;
}

function readStart(path: string, bytes: number): string {
  const descriptor = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.toString("latin1", 0, readSync(descriptor, buffer, 0, bytes, 0));
  } finally {
    closeSync(descriptor);
  }
}
