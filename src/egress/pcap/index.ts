export { Capture, type CapturedStream, type CapturedTarget } from "./capture.ts";
