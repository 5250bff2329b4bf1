import { Command } from "commander";
import { askDaemon, daemonSocket } from "../../client/index.ts";
import { MemoryView } from "../../contract/api/index.ts";
import { MayflyError } from "../../foundation/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { memoryLines } from "../report/memory-lines.ts";
import { print } from "../terminal/print.ts";
import { styleFor } from "../terminal/style.ts";

const EXAMPLES = `
Examples:
  mayfly check m4x7
  mayfly check m4x7 --json | jq -r '.kernel[] | select(.state != "intact") | .part'

It is the check that every report has of its task's end, on demand: seen from outside, so that no guest can lie to it.
Only the process that a micro-VM belongs to can look into it; the daemon does so for you.`;

export function checkCommand(invocation: Invocation): Command {
  return new Command("check")
    .description(
      "Compares the memory of a running task's micro-VM with its template's: is the guest's kernel as it was? Status 0: it is; 1: it is not, or could not be compared.",
    )
    .argument("<ID>", "id of `mayfly ps`, of a task that the daemon runs; may be cut short")
    .option("--json", "print the record, as reports have it")
    .addHelpText("after", EXAMPLES)
    .action(async (id: string, { json = false }: { readonly json?: boolean }) => {
      if (id === "")
        throw new MayflyError("E_USAGE", "The id to check is empty", { next: "See `mayfly ps`." });
      const path = `/v1/vms/${encodeURIComponent(id)}/check`;
      const memory = await askDaemon(daemonSocket(), { method: "POST", path, answer: MemoryView });
      if (memory === undefined)
        throw new MayflyError("E_DAEMON", "No daemon runs, and another process's micro-VM is its own", {
          next: "Start it (mayfly up --detach): tasks that begin afterwards are its, and can be looked into.",
        });
      if (json) writeJson(memory);
      else for (const line of memoryLines(memory, styleFor(process.stdout))) print(line.trimStart());
      if (!isIntact(memory)) invocation.status = 1;
    });
}

function isIntact({ state, kernel }: MemoryView): boolean {
  return state === "checked" && kernel.every((part) => part.state === "intact");
}
