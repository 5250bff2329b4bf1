export type { Address } from "./listen.ts";
export { LoopbackServer, type LoopbackApp, type LoopbackOptions, type LoopbackSocket } from "./server.ts";
