export type { AskedStream, AskingProgram } from "./asked-stream.ts";
export { Egress, type EgressOptions } from "./egress.ts";
export { Resolver, askSystem } from "./dns/index.ts";
export { TaskAuthority } from "./inspect/index.ts";
