export { connectAgent, type AgentConnection, type GuestEvent } from "./agent.ts";
export type { IdentityRequest } from "./agent.ts";
export type { ConnectTarget } from "./connect.ts";
export type { Greeting } from "./connection.ts";
export type { GuestLookup, GuestProgram, OutwardStream } from "./outward.ts";
export type { ExecRequest, GuestProcess, ProcessExit } from "./process.ts";
export type { NewGuestFile } from "./put.ts";
export type { GuestEntry, ListingLimits } from "../contract/agent/index.ts";
