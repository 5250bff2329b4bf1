import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { attempt, sleep } from "../foundation/index.ts";

const GRACE_MS = 5000;
const PIPES_MS = 2000;

interface EndOptions {
  /** `gracefully` asks with SIGTERM first and gives 5 s to clean up. */
  readonly how: "gracefully" | "at once";
  /** Whether the child leads a process group, which then ends with it. */
  readonly isLeader: boolean;
}

/** Ends a child, and whatever is left of the group that it leads. */
export async function endTool(child: ChildProcess, { how, isLeader }: EndOptions): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const closed = child.stdout?.closed === true ? Promise.resolve() : once(child, "close");
  const send = (signal: NodeJS.Signals): void => {
    if (isLeader) attempt(() => process.kill(-pid, signal), "the group may be gone already");
    else child.kill(signal);
  };
  if (how === "gracefully") {
    send("SIGTERM");
    await Promise.race([exited(child), sleep(GRACE_MS)]);
  }
  send("SIGKILL");
  await exited(child);
  // A descendant that left the group may hold the pipes open; do not wait for it without end.
  await Promise.race([closed, sleep(PIPES_MS)]);
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** Settles when the child has ended, also if it had already. */
export async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
