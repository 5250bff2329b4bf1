export type { Address } from "./listen.ts";
export { LoopbackServer, type LoopbackApp, type LoopbackOptions } from "./server.ts";
