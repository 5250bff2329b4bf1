import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Where reports and the installation's key live: `MAYFLY_STATE`, else `$XDG_STATE_HOME/mayfly`, else
 * `~/.local/state/mayfly`, for root as for others.
 */
export function stateDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(given(env["MAYFLY_STATE"]) ?? join(given(env["XDG_STATE_HOME"]) ?? inHome(env), "mayfly"));
}

/** An empty variable is none. */
function given(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function inHome(env: NodeJS.ProcessEnv): string {
  return join(given(env["HOME"]) ?? homedir(), ".local", "state");
}
