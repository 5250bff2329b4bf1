import { Command } from "commander";
import { neutralise } from "../../foundation/index.ts";
import { Mayfly } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { age } from "../terminal/age.ts";
import { printTable } from "../terminal/print.ts";

const EXAMPLES = `
Examples:
  mayfly ps
  mayfly ps --json | jq -r '.[].id'`;

export function psCommand(_invocation: Invocation): Command {
  return new Command("ps")
    .description("Lists the running micro-VMs of this user, whichever Mayfly made them.")
    .option("--json", "print a JSON array")
    .addHelpText("after", EXAMPLES)
    .action(async ({ json = false }: { json?: boolean }) => {
      await using mayfly = await Mayfly.open();
      const running = [...mayfly.list()].sort((one, other) => one.since - other.since);
      if (json) {
        writeJson(running.map(({ since, ...vm }) => ({ ...vm, since: new Date(since).toISOString() })));
        return;
      }
      const rows = running.map(({ id, kind, profile, since, owner, label }) => [
        id,
        kind,
        profile,
        age(since),
        String(owner),
        neutralise(label),
      ]);
      printTable(["ID", "KIND", "PROFILE", "AGE", "OWNER", "COMMAND"], rows, {
        right: [3, 4],
        empty: "No micro-VM is running.",
      });
    });
}
