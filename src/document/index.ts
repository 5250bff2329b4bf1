export { admitJobs, inBatch } from "./batch.ts";
export { OFFICE } from "./converter.ts";
export { openDocument } from "./open.ts";
