export type { AskedStream, AskingProgram } from "./asked-stream.ts";
export type { Egress } from "./egress.ts";
export { openEgress, type OpenOptions } from "./open-egress.ts";
