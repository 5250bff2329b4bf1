import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { attempt, sleep } from "../foundation/index.ts";

const GRACE_MS = 5000;
const PIPES_MS = 2000;

/**
 * Ends a child that leads its own process group, and whatever is left of that group. `gracefully` asks with SIGTERM first and
 * gives 5 s to clean up.
 */
export async function endGroup(child: ChildProcess, how: "gracefully" | "at once"): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const closed = child.stdout?.closed === true ? Promise.resolve() : once(child, "close");
  if (how === "gracefully") {
    signalGroup(pid, "SIGTERM");
    await Promise.race([exited(child), sleep(GRACE_MS)]);
  }
  signalGroup(pid, "SIGKILL");
  await exited(child);
  // A descendant that left the group may hold the pipes open; do not wait for it without end.
  await Promise.race([closed, sleep(PIPES_MS)]);
  child.stdout?.destroy();
  child.stderr?.destroy();
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  attempt(() => process.kill(-pid, signal), "the group may be gone already");
}
