export { QmpClient } from "./client.ts";
export { FREEZE_CAPABILITIES, type QmpCommands } from "./commands.ts";
