export { runTask } from "./run.ts";
export type { TaskIo } from "./io.ts";
