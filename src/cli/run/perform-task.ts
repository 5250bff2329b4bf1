import { existsSync } from "node:fs";
import type { TaskRequest } from "../../contract/index.ts";
import { MayflyError, neutralise } from "../../foundation/index.ts";
import { Mayfly, type RunResult } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { requireSystem } from "../readiness.ts";
import { ProgressView } from "../terminal/progress-view.ts";
import { readerLost } from "../terminal/standard-streams.ts";
import { styleFor } from "../terminal/style.ts";
import { shorten } from "../terminal/width.ts";
import { failureNotes, summary, warningNotes } from "./notes.ts";
import { ReportFile } from "./report-file.ts";
import { resultJson } from "./result-json.ts";
import { openStreams, type StreamChoice } from "./streams.ts";

/** How a task is shown. */
export interface Presentation {
  readonly streams: Omit<StreamChoice, "gather">;
  readonly json: boolean;
  readonly quiet: boolean;
  /** Install missing system packages without asking. */
  readonly yes: boolean;
  readonly report: string | undefined;
}

/** Status of a program whose reader went away (128 + SIGPIPE). */
const READER_LOST = 141;

/** Runs one task from our own standard streams. @returns the exit status */
export async function performTask(task: TaskRequest, how: Presentation, { interruption }: Invocation): Promise<number> {
  requireInputs(task);
  const report = how.report === undefined ? undefined : new ReportFile(how.report);
  const progress = new ProgressView(process.stderr, { quiet: how.quiet || how.json });
  const leaving = new AbortController();
  const signal = AbortSignal.any([interruption.signal, leaving.signal]);
  try {
    await requireSystem({ progress, yes: how.yes, signal });
    await using mayfly = await Mayfly.open({ progress: progress.report });
    await mayfly.prepare(task.profile ?? "base", { limits: task.limits, signal });
    progress.clear();
    const streams = openStreams({ ...how.streams, gather: how.json }, () => { leaving.abort(); });
    const result = await mayfly.run({ ...task, ...streams.request, signal }).finally(async () => { await streams.close(); });
    const exitCode = exitCodeOf(result, interruption.status);
    const document = resultJson(result, { streams: how.json, exitCode });
    if (how.json) writeJson(document);
    else tell(result, how);
    report?.write(document);
    return exitCode;
  } finally {
    progress.clear();
    report?.close();
  }
}

function exitCodeOf({ exitCode, outcome }: RunResult, interrupted: number | undefined): number {
  if (outcome.kind !== "cancelled") return exitCode;
  return interrupted ?? (readerLost() ? READER_LOST : exitCode);
}

function tell(result: RunResult, { quiet }: Presentation): void {
  const style = styleFor(process.stderr);
  const notes = [...failureNotes(result), ...(quiet ? [] : warningNotes(result))];
  for (const note of notes) process.stderr.write(note.startsWith(" ") ? `${note}\n` : `${style.bad("mayfly:")} ${note}\n`);
  if (quiet || !process.stderr.isTTY || result.outcome.kind === "failed") return;
  process.stderr.write(`${style.dim(shorten(summary(result), process.stderr.columns - 1))}\n`);
}

/** A mistyped name is told before minutes go into a first image. Everything else about inputs is the task's to check. */
function requireInputs({ inputs = [] }: TaskRequest): void {
  for (const input of inputs) {
    const path = typeof input === "string" ? input : input.path;
    if (existsSync(path)) continue;
    throw new MayflyError("E_INPUT_MISSING", `The input ${neutralise(path)} does not exist`, {
      next: "Check the name. The command to run comes after `--`.",
    });
  }
}
