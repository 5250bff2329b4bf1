export { identifyProcess, isAlive, ownIdentity, type ProcessIdentity } from "./identity.ts";
export { withLock, type LockOptions } from "./lock.ts";
export { isAbandoned, newOwnedName } from "./owned-name.ts";
export { RecentLog } from "./recent-log.ts";
export { runTool, type ToolResult } from "./run-tool.ts";
export type { ToolOptions } from "./tool-options.ts";
export { requireSubordinateIds } from "./subordinate-ids.ts";
export { startDetached } from "./start-detached.ts";
export { spawnSupervised, type ProcessExit, type SupervisedProcess } from "./supervisor.ts";
