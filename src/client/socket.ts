import { join } from "node:path";
import { runDirectory } from "../foundation/index.ts";

/** The unix socket of this user's daemon, there or not: beside the ledger, in a directory that is nobody else's. */
export function daemonSocket(): string {
  return join(runDirectory(), "daemon.sock");
}

/** Whether tasks may be given to a daemon: `MAYFLY_DAEMON=off` says no. */
export function mayUseDaemon(env: NodeJS.ProcessEnv = process.env): boolean {
  return env["MAYFLY_DAEMON"] !== "off";
}
