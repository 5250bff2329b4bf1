import { basename } from "node:path";
import type { OpenResult } from "../../contract/index.ts";
import { neutralise } from "../../foundation/index.ts";
import { Mayfly, type OpenStage } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { requireSystem } from "../readiness.ts";
import { withProgress, type Work } from "../terminal/with-progress.ts";
import type { OpenPlan } from "./choices.ts";
import { openArrivals } from "./open-arrivals.ts";
import { jsonOf, tellBatch, tellResult } from "./tell.ts";

const DOING: Readonly<Record<OpenStage, string>> = {
  opening: "starting its micro-VM",
  converting: "reading it",
  recognising: "recognising text",
  writing: "writing the safe copy",
};
const STANDARD_INPUT = "-";

/** Opens what the command line names and tells what came of it. @returns the exit status */
export async function performOpen(plan: OpenPlan, invocation: Invocation): Promise<number> {
  const interrupted = (): number | undefined => invocation.interruption.status;
  if (plan.watch !== undefined) return await openArrivals(plan, plan.watch, invocation);
  const results = await withProgress(
    { quiet: plan.quiet || plan.json, invocation },
    async (work) => await openAll(plan, work),
  );
  const [only] = results;
  if (results.length === 1 && only !== undefined) {
    if (plan.json) writeJson(jsonOf(only));
    else tellResult(only, plan);
    return only.exitCode === 0 ? 0 : (interrupted() ?? only.exitCode);
  }
  if (plan.json) writeJson(results.map(jsonOf));
  else tellBatch(results, plan);
  return results.every(({ exitCode }) => exitCode === 0) ? 0 : (interrupted() ?? 1);
}

async function openAll(plan: OpenPlan, { progress, signal }: Work): Promise<readonly OpenResult[]> {
  const { files, choices } = plan;
  await requireSystem({ progress, yes: plan.yes, signal });
  await using mayfly = await Mayfly.open({ progress: progress.report, signal, rules: plan.rules });
  await mayfly.prepare("office", { limits: choices.limits });
  const [file = ""] = files;
  if (files.length > 1) return await openSeveral(plan, mayfly, { progress, signal });
  const name = shownName(file === STANDARD_INPUT ? (plan.name ?? "the document") : file);
  const result = await mayfly.open(file === STANDARD_INPUT ? process.stdin : file, {
    ...choices,
    name: plan.name,
    report: plan.report,
    signal,
    onStage: (stage) => {
      progress.report({ step: `Opening ${name}`, detail: DOING[stage] });
    },
    onPage: (done, of) => {
      if (of !== undefined && of > 0)
        progress.report({
          step: `Opening ${name}`,
          detail: `page ${Math.min(done + 1, of)} of ${of}`,
          fraction: done / of,
        });
    },
  });
  return [result];
}

async function openSeveral(
  plan: OpenPlan,
  mayfly: Mayfly,
  { progress, signal }: Work,
): Promise<readonly OpenResult[]> {
  const { files, choices, jobs } = plan;
  const open = new Map<number, string>();
  let done = 0;
  const show = (): void => {
    const detail = [`${done} done`, ...open.values()].join(" · ");
    progress.report({ step: `Opening ${files.length} documents`, detail, fraction: done / files.length });
  };
  return await mayfly.openMany(files, {
    ...choices,
    report: plan.report,
    jobs,
    signal,
    onEvent: (event) => {
      const name = shownName(event.source);
      if (event.kind === "begun") open.set(event.index, name);
      else if (event.kind === "page")
        open.set(event.index, `${name} page ${event.done}${event.of === undefined ? "" : ` of ${event.of}`}`);
      else {
        open.delete(event.index);
        done++;
      }
      show();
    },
  });
}

function shownName(path: string): string {
  return neutralise(basename(path), 60);
}
