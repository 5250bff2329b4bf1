export { admitJobs, inBatch } from "./batch.ts";
export { markOrigin } from "./forms/index.ts";
export { OFFICE } from "./converter.ts";
export { needWholeNames } from "./naming.ts";
export { openDocument } from "./open.ts";
