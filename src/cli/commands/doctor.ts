import { Command } from "commander";
import { ERROR_CODES } from "../../foundation/index.ts";
import { examine } from "../../sdk/index.ts";
import { showExamination } from "../examination-view.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { withProgress } from "../terminal/with-progress.ts";

const EXAMPLES = `
Examples:
  mayfly doctor                    # makes a micro-VM and looks at it from both sides
  mayfly doctor --quick            # looks only at what is there
  mayfly doctor --json | jq '.findings[] | select(.state != "on")'

The exit status is 0 where everything that is required was seen to work, 69 otherwise. Hardware isolation is not
required: without it tasks are emulated, and every result says so.`;

interface DoctorOptions {
  readonly json?: boolean;
  readonly quick?: boolean;
  readonly profile?: string;
}

export function doctorCommand(invocation: Invocation): Command {
  return new Command("doctor")
    .description(
      "Shows each layer that is to hold a task as on, off (why, and how to turn it on) or unknown. On means that it was seen, on a live micro-VM that is made for it.",
    )
    .option("-p, --profile <NAME>", "whose micro-VM is looked at (default: base)")
    .option("--quick", "make no micro-VM")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async ({ json = false, quick, profile }: DoctorOptions) => {
      const examination = await withProgress({ quiet: json, invocation }, async ({ progress }) => {
        progress.report({ step: "Looking at this machine and at a micro-VM of it" });
        return await examine({ quick, profile, progress: progress.report });
      });
      if (json) writeJson({ ready: examination.isReady, findings: examination.findings });
      else showExamination(examination);
      invocation.status = examination.isReady ? 0 : ERROR_CODES.E_SETUP_NEEDED.exit;
    });
}
