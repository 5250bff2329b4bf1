import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { attempt } from "../../foundation/index.ts";
import type { Check } from "./check.ts";
import { off, on, unknown, type Observation } from "./finding.ts";
import type { ProcessFiles } from "./process-files.ts";

/** Ways in which a task's memory could outlive it or be seen by others. */
export interface TraceSubject {
  /** Undefined where no micro-VM could be made. */
  readonly live: { readonly qemu: ProcessFiles; readonly cgroups: readonly string[] } | undefined;
  /** Roots of `/proc` and `/sys`; parameters for tests. */
  readonly proc: string;
  readonly sys: string;
}

export const TRACE_CHECKS: readonly Check<TraceSubject>[] = [
  { name: "guest memory stays off swap", isRequired: false, look: swap },
  { name: "guest memory is not merged", isRequired: false, look: merging },
];

/** Swap on a disk would keep pages of a guest after its end. */
function swap({ live, proc, sys }: TraceSubject): Observation {
  const devices = readFileSync(join(proc, "swaps"), "latin1")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(/\s+/)[0] ?? "");
  const lasting = devices.filter((device) => !isHarmless(device, sys));
  if (devices.length === 0) return on("this host has no swap");
  if (lasting.length === 0) return on(`${devices.join(", ")}: encrypted or in memory`);
  const limits = (live?.cgroups ?? []).map((directory) =>
    attempt(() => readFileSync(join(directory, "memory.swap.max"), "latin1").trim(), "not offered"),
  );
  if (limits.includes("0"))
    return on(
      `swap is on (${lasting.join(", ")}), but the cgroup of a micro-VM may use none of it (memory.swap.max 0)`,
    );
  return off(
    `${lasting.join(", ")} could keep pages of a guest`,
    "Encrypt swap or switch it off (sudo swapoff -a), or use cgroup v2 with swap accounting.",
  );
}

function isHarmless(device: string, sys: string): boolean {
  const name = (attempt(() => readlinkSync(device), "not a link") ?? device).split("/").at(-1) ?? "";
  const uuid =
    attempt(() => readFileSync(join(sys, "block", name, "dm", "uuid"), "latin1"), "not a mapped device") ??
    "";
  return name.startsWith("zram") || uuid.startsWith("CRYPT-");
}

/** Pages that the host merges between guests tell one of them, by timing, what the other holds. */
function merging({ live, sys }: TraceSubject): Observation {
  const path = join(sys, "kernel/mm/ksm/run");
  if (!existsSync(path) || readFileSync(path, "latin1").trim() !== "1")
    return on("the host merges no pages (KSM is off)");
  if (live === undefined) return unknown("KSM is on, and no micro-VM could be looked at");
  const mergeable = [...live.qemu.read("smaps").matchAll(/^VmFlags:(.*)$/gm)].some((match) =>
    (match[1] ?? "").split(" ").includes("mg"),
  );
  return mergeable
    ? off("KSM is on, and QEMU offers its pages", "Switch it off: echo 0 | sudo tee /sys/kernel/mm/ksm/run")
    : on("KSM is on, but QEMU offers it no page");
}
