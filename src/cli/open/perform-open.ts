import { basename } from "node:path";
import { noteInDocument, openByDaemon, openManyByDaemon } from "../../client/index.ts";
import type { OpenResult } from "../../contract/index.ts";
import { neutralise } from "../../foundation/index.ts";
import type { OpenManyRequest, OpenRequest, OpenStage } from "../../sdk/index.ts";
import { doing } from "../by-daemon.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { withProgress, type Work } from "../terminal/with-progress.ts";
import type { OpenPlan } from "./choices.ts";
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
  if (plan.watch !== undefined) {
    const { openArrivals } = await import("./open-arrivals.ts");
    return await openArrivals(plan, plan.watch, invocation);
  }
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

async function openAll(plan: OpenPlan, work: Work): Promise<readonly OpenResult[]> {
  const { files, choices } = plan;
  const [file = ""] = files;
  const how = { ...plan, profile: "office", limits: choices.limits };
  if (files.length > 1) {
    const request = several(plan, work);
    return await doing<readonly OpenResult[]>(how, work, {
      byDaemon: async (door) => await openManyByDaemon(door, files, request),
      here: async (mayfly) => await mayfly.openMany(files, request),
      note: (results, why) => results.map((result) => noteInDocument(result, why)),
    });
  }
  const source = file === STANDARD_INPUT ? process.stdin : file;
  const request = one(plan, file, work);
  const result = await doing<OpenResult>(how, work, {
    byDaemon: async (door) => await openByDaemon(door, source, request),
    here: async (mayfly) => await mayfly.open(source, request),
    note: noteInDocument,
  });
  return [result];
}

function one({ choices, name, report }: OpenPlan, file: string, { progress, signal }: Work): OpenRequest {
  const step = `Opening ${shownName(file === STANDARD_INPUT ? (name ?? "the document") : file)}`;
  return {
    ...{ ...choices, name, report, signal },
    onStage: (stage) => {
      progress.report({ step, detail: DOING[stage] });
    },
    onPage: (done, of) => {
      if (of !== undefined && of > 0)
        progress.report({
          step,
          detail: `page ${Math.min(done + 1, of)} of ${of}`,
          fraction: done / of,
        });
    },
  };
}

function several({ files, choices, jobs, report }: OpenPlan, { progress, signal }: Work): OpenManyRequest {
  const open = new Map<number, string>();
  let done = 0;
  const show = (): void => {
    const detail = [`${done} done`, ...open.values()].join(" · ");
    progress.report({ step: `Opening ${files.length} documents`, detail, fraction: done / files.length });
  };
  return {
    ...{ ...choices, report, jobs, signal },
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
  };
}

function shownName(path: string): string {
  return neutralise(basename(path), 60);
}
