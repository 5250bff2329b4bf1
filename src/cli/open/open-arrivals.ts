import { basename } from "node:path";
import type { MayflyError } from "../../foundation/index.ts";
import { neutralise } from "../../foundation/index.ts";
import { Mayfly } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { requireSystem } from "../readiness.ts";
import { withProgress } from "../terminal/with-progress.ts";
import { Arrivals } from "./arrivals.ts";
import type { OpenPlan } from "./choices.ts";
import { jsonOf, tellResult } from "./tell.ts";

/** Opens documents as they arrive, from a standby, until the user ends it; that is its good end. @returns 0 */
export async function openArrivals(
  plan: OpenPlan,
  directory: string,
  invocation: Invocation,
): Promise<number> {
  const { choices, jobs, quiet, json } = plan;
  const { signal } = invocation.interruption;
  const arriving = await Arrivals.begin(directory);
  await using mayfly = await withProgress({ quiet: quiet || json, invocation }, async ({ progress }) => {
    await requireSystem({ progress, yes: plan.yes, signal });
    const made = await Mayfly.open({ progress: progress.report, signal, rules: plan.rules });
    await made.prepare("office", { limits: choices.limits });
    await made.standby("office");
    return made;
  });
  if (!quiet && !json) process.stderr.write(`Watching ${neutralise(directory)}; end with Ctrl-C.\n`);
  for (;;) {
    const paths = await arriving.next(signal).catch((cause: unknown) => {
      if (signal.aborted) return undefined;
      throw cause;
    });
    if (paths === undefined) return 0;
    await mayfly.openMany(paths, {
      ...choices,
      report: plan.report,
      wholeName: true, // what arrives later under the same stem must have a name of its own
      jobs,
      signal,
      onEvent: (event) => {
        if (event.kind === "begun" && !quiet && !json)
          process.stderr.write(`opening ${neutralise(basename(event.source), 200)} …\n`);
        if (event.kind !== "ended" || isInterrupted(event.result.outcome)) return;
        if (json) writeJson(jsonOf(event.result));
        else tellResult(event.result, { quiet });
      },
    });
  }
}

function isInterrupted(outcome: { kind: string; code?: string }): boolean {
  return outcome.code === ("E_CANCELLED" satisfies MayflyError["code"]);
}
