export { httpRecord, type RequestWords } from "./record.ts";
export { readRequestHead, type RequestHead, type RequestReading } from "./request.ts";
export { readStatus, type StatusReading } from "./status.ts";
