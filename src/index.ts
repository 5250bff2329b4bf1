/** Mayfly for programs. Everything public is here. */
export * from "./sdk/index.ts";
export { MayflyError, type ErrorCode } from "./foundation/index.ts";
export { neutralise } from "./foundation/index.ts";
export type {
  DisposalStep,
  DocumentChoices,
  DocumentWarning,
  InputFact,
  Isolation,
  IsolationFact,
  LimitName,
  Limits,
  NetworkBudget,
  NetworkPolicy,
  NetworkRecord,
  NetworkRule,
  OcrLanguage,
  OpenOutcome,
  OpenResult,
  OpenTimings,
  Outcome,
  OutputFile,
  Progress,
  RefusedOutput,
  SafeFile,
  SafeForm,
  Secret,
  TaskInput,
  TaskRequest,
  TaskResult,
  TerminalSize,
  Timings,
} from "./contract/index.ts";
