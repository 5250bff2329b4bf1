export { failureOf } from "./failures.ts";
export * from "./limits.ts";
export { warningOf } from "./notes.ts";
export { readRecords } from "./read-records.ts";
export { lie, pageHeader, type ConverterRecord, type PageRecord, type WordBox } from "./record.ts";
