import type { MemoryRecord } from "../contract/index.ts";
import type { Machine } from "../engine/index.ts";
import { GIB } from "../foundation/index.ts";
import { PAGE } from "./address-space.ts";
import { checkKernel } from "./check-kernel.ts";
import { findExecutables } from "./executables.ts";
import type { KernelMap } from "./kernel-map.ts";
import type { KnownHeads } from "./known-heads.ts";

/** What a machine's memory is compared with. */
export interface Baseline {
  /** Device state of the template, with its description. */
  readonly state: Uint8Array;
  readonly kernel: KernelMap;
  /** How the programs of image and inputs begin. */
  readonly heads: KnownHeads;
}

export interface MemoryCheck {
  /** `at` is left for who knows when the task began. */
  readonly record: MemoryRecord;
  readonly unsettled: boolean;
}

/**
 * Compares the memory of a paused machine with its template's.
 * @throws E_ENGINE_DIED, E_ENGINE_PROTOCOL, and E_TEMPLATE for a machine that was booted
 */
export async function checkMemory(
  machine: Machine,
  { state, kernel, heads }: Baseline,
): Promise<MemoryCheck> {
  const from = performance.now();
  using memory = machine.memory();
  const guest = await machine.deviceState();
  const pages = memory.changedPages();
  const { kernel: checks, unsettled } = checkKernel({
    map: kernel,
    memory,
    pages,
    frozen: state,
    state: guest,
  });
  const low = kernel.lowRam / PAGE;
  const found = findExecutables({
    memory,
    pages,
    addressOf: (page) => (kernel.failure !== "" || page < low ? page : page - low + (4 * GIB) / PAGE) * PAGE,
    isKnown: (sha256) => heads.has(sha256),
  });
  const record: MemoryRecord = {
    state: "checked",
    reason: "",
    at: 0,
    took: Math.round((performance.now() - from) * 10) / 10,
    pages: memory.size / PAGE,
    changedPages: pages.length,
    kernel: checks,
    ...found,
  };
  return { record, unsettled };
}
