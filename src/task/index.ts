export type { Reporting } from "./reporting.ts";
export { runTask, type TaskHost, type TaskMachine } from "./run.ts";
export type { OutputConsumer, TaskIo } from "./io.ts";
export { TaskNetwork, type NetworkHost as TaskNetworkHost } from "./network.ts";
export { OutputCollection, prepareOutputDirectory } from "./outputs.ts";
export { saveFile } from "./output-file.ts";
export { refusePath } from "./output-names.ts";
export { loadRules, readRules } from "./rule-files.ts";
export { attackMatrix } from "./attack-matrix.ts";
