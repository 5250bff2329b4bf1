export {
  OCR_LANGUAGES,
  SAFE_FORMS,
  type CaptureChoices,
  type DocumentChoices,
  type DocumentWarning,
  type OcrLanguage,
  type OpenOutcome,
  type OpenResult,
  type OpenTimings,
  type PageRange,
  type SafeFile,
  type SafeForm,
} from "./document.ts";
export { DEFAULT_LIMITS, LIMIT_RANGES } from "./limits.ts";
export { LimitError } from "./limit-error.ts";
export type { DisposalStep } from "./disposal.ts";
export type { LimitName, Limits } from "./limits.ts";
export type {
  Locate,
  LocatedNetwork,
  NetworkBudget,
  NetworkPolicy,
  NetworkRule,
  Place,
  Secret,
  SpokenProtocol,
} from "./network-policy.ts";
export { NO_NETWORK, bothRules, mayLackRefused, namesRule } from "./network-record.ts";
export type {
  HttpRecord,
  NetworkRecord,
  StreamDecision,
  StreamEnd,
  StreamRecord,
  StreamTarget,
} from "./network-record.ts";
export type { ProfileSettings } from "./profile.ts";
export type { Progress, ProgressEvent } from "./progress.ts";
export type {
  InputFact,
  IsolationFact,
  Outcome,
  OutputFile,
  RefusedOutput,
  TaskResult,
  Timings,
} from "./result.ts";
export type { StreamAsked, StreamListener } from "./stream-listener.ts";
export type { Isolation, TaskInput, TaskPolicy, TaskRequest, TerminalSize } from "./task.ts";
export {
  CLIPBOARD_DIRECTIONS,
  DOWNLOAD_WAYS,
  PRINTING_WAYS,
  type ClipboardDirection,
  type DownloadWay,
  type PrintingWay,
  type ViewPolicy,
} from "./view-policy.ts";
export type { ViewAct, ViewFile, ViewNews, ViewStage } from "./view-talk.ts";
export * from "./evidence/index.ts";
