export { OPERATIONS, PARAMETERS, type Operation } from "./api.ts";
export { Daemon, type DaemonOptions } from "./daemon.ts";
export { launchDaemon, serveDaemon, type ServeOptions } from "./serve.ts";
