export { Daemon, Failure, Link, Profile } from "./daemon.ts";
export { Happening } from "./happening.ts";
export { MemoryView } from "./memory.ts";
export { FileEntry, ReportRow, Stream, TaskStart, TaskView, ViewStart, VmView } from "./task.ts";
