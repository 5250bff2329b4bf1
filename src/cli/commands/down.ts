import { Command } from "commander";
import { askDaemon, daemonSocket } from "../../client/index.ts";
import { Daemon as DaemonInfo } from "../../contract/api/index.ts";
import { MayflyError, sleep } from "../../foundation/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { print } from "../terminal/print.ts";

/** How long it may take to dispose of everything. */
const END_MS = 60_000;
const LOOK_AGAIN_MS = 50;

const EXAMPLES = `
Examples:
  mayfly down
  mayfly down --json                 # {"ended": 1234}, or null where none runs`;

export function downCommand(_invocation: Invocation): Command {
  return new Command("down")
    .description("Ends the daemon and all tasks that it runs, and waits until they are gone. Reports stay.")
    .option("--json", "print a JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async ({ json = false }: { readonly json?: boolean }) => {
      const info = await askDaemon(daemonSocket(), { method: "POST", path: "/v1/stop", answer: DaemonInfo });
      if (info !== undefined) await untilGone(info.pid);
      if (json) writeJson({ ended: info?.pid ?? null });
      else print(info === undefined ? "No daemon runs." : `Mayfly is down (process ${info.pid} ended).`);
    });
}

async function untilGone(pid: number): Promise<void> {
  const end = performance.now() + END_MS;
  while (isThere(pid)) {
    if (performance.now() > end)
      throw new MayflyError("E_DAEMON", `The daemon (process ${pid}) was told to end and has not`, {
        next: `kill ${pid}; the kernel ends its micro-VMs, and the next Mayfly sweeps what is left.`,
      });
    await sleep(LOOK_AGAIN_MS);
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
