export { SEVERITIES } from "./finding.ts";
export type { Finding, FindingEvidence, Severity, Technique, Voice } from "./finding.ts";
export { uncheckedMemory } from "./memory.ts";
export type { KernelChange, KernelCheck, KernelPart, MemoryRecord, UnexplainedExecutable } from "./memory.ts";
export type {
  GrantedItem,
  GrantedRule,
  InjectedHeader,
  OnFinding,
  Receipt,
  Report,
  ReportOrigin,
  SignedReport,
} from "./report.ts";
export type { ReportNote } from "./report-note.ts";
export { NO_RESOURCES } from "./resources.ts";
export type {
  ConsoleLine,
  DiskRecord,
  ResourceRecord,
  ResourceSample,
  StoredResources,
  StoredSample,
} from "./resources.ts";
export { NO_WITNESS } from "./witness.ts";
export type {
  CallEvent,
  CredentialsEvent,
  ExecEvent,
  ExitEvent,
  FileEvent,
  ForkEvent,
  ListenEvent,
  ProgramOrigin,
  RenameEvent,
  WitnessEvent,
  WitnessRecord,
} from "./witness.ts";
