export { checkMemory, type Baseline, type MemoryCheck } from "./check-memory.ts";
export { KernelMap } from "./kernel-map.ts";
export { KnownHeads } from "./known-heads.ts";
export { learnKernel } from "./learn-kernel.ts";
export { Sampler } from "./sampler.ts";
