export type { Reporting } from "./reporting.ts";
export { runTask, type TaskHost, type TaskMachine } from "./run.ts";
export type { LiveTask } from "./live-task.ts";
export type { OutputConsumer, TaskIo } from "./io.ts";
export { TaskNetwork } from "./network.ts";
export { prepareOutputDirectory } from "./outputs.ts";
export { loadRules, readRules } from "./rule-files.ts";
export { attackMatrix } from "./attack-matrix.ts";
