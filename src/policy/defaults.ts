import type { Limits } from "../contract/index.ts";
import { GIB, KIB, MIB } from "../foundation/index.ts";

/** What holds where neither the request nor the profile says otherwise. */
export const DEFAULT_LIMITS: Limits = {
  memory: 256 * MIB,
  vcpus: 1,
  cpus: undefined,
  timeMs: 10 * 60_000,
  outputBytes: 256 * MIB,
  processes: 512,
  outFiles: 10_000,
  outBytes: GIB,
  outDepth: 32,
};

/** RAM comes in steps of this, so that few templates serve many requests. */
export const MEMORY_STEP = 16 * MIB;

/** Arguments and variables together; the guest kernel's own limit is 128 KiB for one of them. */
export const LARGEST_COMMAND = 60 * KIB;
