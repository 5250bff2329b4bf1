export {
  examine,
  type Area,
  type ExamineOptions,
  type Examination,
  type Finding,
  type LayerState,
} from "./doctor/index.ts";
export { Fork, type ExecOptions, type ForkStopped } from "./fork.ts";
export {
  FrozenVms,
  type DiskChange,
  type DiskChanges,
  type DroppedFile,
  type DroppedFiles,
  type FrozenVm,
} from "./frozen/index.ts";
export {
  buildImage,
  listImages,
  listProfiles,
  removeImages,
  verifyImages,
  type BuildOptions,
  type ImageInfo,
  type ProfileInfo,
} from "./images.ts";
export { mayflyVersion } from "./installation.ts";
export { Mayfly } from "./mayfly.ts";
export type { RunningVm, VmUsage } from "./running.ts";
export type {
  BatchEvent,
  CaptureRequest,
  ForkRequest,
  MayflyOptions,
  OpenManyRequest,
  OpenRequest,
  OpenStage,
  PrepareRequest,
  RunRequest,
  RunResult,
} from "./options.ts";
export {
  checkPolicy,
  explainPolicy,
  locatePolicy,
  policySchema,
  readPolicy,
  type PolicyParts,
  type PolicySummary,
} from "./policy.ts";
export { checkRules, findRule, listRules, type RuleInfo } from "./rules.ts";
export {
  Reports,
  formatReport,
  processRows,
  saidOf,
  sayOutcome,
  tightenPolicy,
  verifyReport,
  type ReportFormat,
  type ReportQuery,
  type ReportSummary,
  type VerifiedReport,
} from "./reports.ts";
export { checkSystem, installPackages, type InstallOptions, type SystemState } from "./setup.ts";
export {
  listTemplates,
  removeTemplates,
  verifyTemplates,
  type StoreOptions,
  type TemplateInfo,
} from "./templates.ts";
export { openInBrowser } from "./browser.ts";
export type { BrowseRequest, LiveView, ViewRequest } from "./views.ts";
export { DEFAULT_LIMITS } from "../contract/index.ts";
export type { NetworkExplanation } from "../policy/network/index.ts";
