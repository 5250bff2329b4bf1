export { admitJobs, inBatch } from "./batch.ts";
export { BROWSER, captureAddress } from "./capture.ts";
export { markOrigin } from "./forms/index.ts";
export { OFFICE } from "./converter.ts";
export { needWholeNames } from "./naming.ts";
export { openDocument } from "./open.ts";
export { failedDocument } from "./result.ts";
