/** Mayfly for programs. Everything public is here. */
export * from "./sdk/index.ts";
export { MayflyError, type ErrorCode } from "./foundation/index.ts";
export { neutralise } from "./foundation/index.ts";
export type {
  DisposalStep,
  Isolation,
  IsolationFact,
  LimitName,
  Limits,
  Outcome,
  OutputFile,
  Progress,
  RefusedOutput,
  RefusedStream,
  TaskInput,
  TaskRequest,
  TaskResult,
  TerminalSize,
  Timings,
} from "./contract/index.ts";
