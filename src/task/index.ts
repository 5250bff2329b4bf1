export { runTask, type TaskHost, type TaskMachine } from "./run.ts";
export type { OutputConsumer, TaskIo } from "./io.ts";
export { prepareOutputDirectory } from "./outputs.ts";
