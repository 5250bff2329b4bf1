import { KIB, MIB } from "../foundation/index.ts";

/** RAM comes in steps of this, so that few templates serve many requests. */
export const MEMORY_STEP = 16 * MIB;

/** Arguments and variables together; the guest kernel's own limit is 128 KiB for one of them. */
export const LARGEST_COMMAND = 60 * KIB;
