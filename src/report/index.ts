export { Recorder, exitCodeOf, type MachineFacts } from "./recorder.ts";
