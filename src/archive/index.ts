export { DEFAULT_BOUNDS, type ArchiveBounds } from "./bounds.ts";
export type { ReportQuery } from "./query.ts";
export { ReportArchive, type StoredReport } from "./report-archive.ts";
export type { SealedReport } from "./sign.ts";
export { stateDirectory } from "./state-directory.ts";
export { verifySigned, type VerifiedReport } from "./verify.ts";
