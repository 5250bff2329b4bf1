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

/** The smallest and largest value that may be asked for. */
export const LIMIT_RANGES: Readonly<Record<keyof Limits, readonly [number, number]>> = {
  memory: [96 * MIB, 1024 * GIB],
  vcpus: [1, 64],
  cpus: [0.05, 64],
  timeMs: [100, 7 * 24 * 3_600_000],
  outputBytes: [0, 1024 * GIB],
  processes: [1, 30_000],
  outFiles: [0, 1_000_000],
  outBytes: [0, 1024 * GIB],
  outDepth: [1, 64],
};

/** RAM comes in steps of this, so that few templates serve many requests. */
export const MEMORY_STEP = 16 * MIB;

/** Arguments and variables together; the guest kernel's own limit is 128 KiB for one of them. */
export const LARGEST_COMMAND = 60 * KIB;
