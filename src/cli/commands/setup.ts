import { Command } from "commander";
import { Mayfly } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { requireSystem } from "../readiness.ts";
import { print } from "../terminal/print.ts";
import { isUtf8Locale, styleFor } from "../terminal/style.ts";
import { withProgress } from "../terminal/with-progress.ts";

const EXAMPLES = `
Examples:
  mayfly setup                     # asks before it installs packages
  mayfly setup --yes python        # does not ask; makes the python template too

Everything that it does is also done by the first \`mayfly run\`; this does it ahead of time.`;

interface SetupOptions {
  readonly yes?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export function setupCommand(invocation: Invocation): Command {
  return new Command("setup")
    .description(
      "Installs the system packages that are missing, builds images, finds out whether the processor can hold guests, and makes the templates, so that tasks start at once.",
    )
    .argument("[PROFILE...]", "profiles to make ready (default: base)")
    .option("-y, --yes", "install missing system packages without asking")
    .option("-q, --quiet", "no progress")
    .option("--json", "print one JSON object: each profile and how its machines are held")
    .addHelpText("after", EXAMPLES)
    .action(async (profiles: string[], { yes = false, quiet = false, json = false }: SetupOptions) => {
      const ready: unknown[] = [];
      await withProgress({ quiet: quiet || json, invocation }, async ({ progress, signal }) => {
        const say = (line: string): void => {
          progress.clear();
          if (!quiet && !json) print(`${styleFor(process.stdout).good(isUtf8Locale() ? "✓" : "ok")} ${line}`);
        };
        await requireSystem({ progress, yes, signal });
        say("system packages");
        await using mayfly = await Mayfly.open({ progress: progress.report, signal });
        for (const profile of profiles.length === 0 ? ["base"] : profiles) {
          const isolation = await mayfly.prepare(profile);
          const { kind, reason } = isolation;
          ready.push({ profile, isolation });
          say(
            `${profile}: image and template; ${kind === "hardware" ? "held by the processor (KVM)" : `emulated: ${reason}`}`,
          );
        }
      });
      if (json) writeJson({ profiles: ready });
    });
}
