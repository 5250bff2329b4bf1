export { Fork, type ExecOptions } from "./fork.ts";
export { Mayfly, type RunningVm } from "./mayfly.ts";
export type { ForkRequest, MayflyOptions, RunRequest, RunResult } from "./options.ts";
