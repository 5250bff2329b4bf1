import { Command } from "commander";
import { neutralise } from "../../foundation/index.ts";
import { listProfiles } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { printTable } from "../terminal/print.ts";

const EXAMPLES = `
Examples:
  mayfly profiles
  mayfly run --profile python -- python3 --version`;

export function profilesCommand(_invocation: Invocation): Command {
  return new Command("profiles")
    .description("Lists the kinds of machine that there are. An image of one is built when it is first used.")
    .option("--json", "print a JSON array")
    .addHelpText("after", EXAMPLES)
    .action(async ({ json = false }: { json?: boolean }) => {
      const profiles = await listProfiles();
      if (json) writeJson(profiles);
      else
        printTable(
          ["PROFILE", "WHAT IT IS"],
          profiles.map(({ name, description }) => [name, neutralise(description)]),
          { empty: "There is no profile." },
        );
    });
}
