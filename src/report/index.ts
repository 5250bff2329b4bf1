export { sayOutcome } from "./say-outcome.ts";
export { buildReport, noteOf } from "./build.ts";
export { canonicalJson } from "./canonical.ts";
export { decodeSignedReport } from "./decode.ts";
export type { Evidence } from "./evidence.ts";
export { processTree, saidOf, treeRows, type TreeRow } from "./process-tree.ts";
export { MOST_REPORT_BYTES, requireReportSize } from "./size.ts";
export { Recorder, exitCodeOf, type CollectedOutputs, type MachineFacts } from "./recorder.ts";
