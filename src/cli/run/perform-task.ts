import { noteInTask, runByDaemon } from "../../client/index.ts";
import type { SignedReport, TerminalSize } from "../../contract/index.ts";
import { MayflyError } from "../../foundation/index.ts";
import type { RunRequest, RunResult } from "../../sdk/index.ts";
import { doing } from "../by-daemon.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { lostOutputStatus } from "../terminal/standard-streams.ts";
import { styleFor } from "../terminal/style.ts";
import { withProgress, type Work } from "../terminal/with-progress.ts";
import { detonated } from "./detonation.ts";
import { requireInputs } from "./require-inputs.ts";
import { failureNotes, reportNote, summary, warningNotes } from "./notes.ts";
import { ReportFile } from "./report-file.ts";
import { resultJson } from "./result-json.ts";
import type { CliTask } from "./task-options.ts";
import type { Presentation } from "./presentation.ts";
import { LentStreams } from "./lent-streams.ts";

const USUAL_SIZE: TerminalSize = { rows: 24, columns: 80 };

/** Runs one task from our own standard streams. @returns the exit status */
export async function performTask(task: CliTask, how: Presentation, invocation: Invocation): Promise<number> {
  requireInputs(task);
  const report = how.report === undefined ? undefined : new ReportFile(how.report, { force: how.force });
  let made: SignedReport | undefined;
  const onReport = (signed: SignedReport): void => {
    made = signed;
  };
  try {
    const result = await withProgress(
      { quiet: how.quiet || how.gather, invocation },
      async (work) => await runPrepared({ ...task, report: !how.unreported, onReport }, how, work),
    );
    const isDone = how.detonation === true && made !== undefined && detonated(result.outcome);
    const exitCode = isDone ? 0 : exitCodeOf(result, invocation.interruption.status);
    if (isDone && !how.json) await showReport(made);
    else if (how.json) writeJson(resultJson(result, { streams: how.gather, exitCode }));
    else tell(result, how);
    if (report !== undefined) await writeReport(report, made, result);
    return exitCode;
  } finally {
    report?.close();
  }
}

/** What is made for the first time is made before our streams become the task's, so that its progress can be shown. */
async function runPrepared(
  { rules, ...task }: CliTask & Pick<RunRequest, "report" | "onReport">,
  how: Presentation,
  work: Work,
): Promise<RunResult> {
  const { profile = "base", limits } = task;
  const lent = new LentStreams({ ...how.streams, gather: how.gather }, work);
  const ask = {
    ...task,
    gathers: how.gather,
    stdin: lent.hasInput,
    terminal: how.streams.terminal ? USUAL_SIZE : undefined, // the real one is told when it begins
  };
  try {
    return await doing({ ...how, profile, limits, rules }, work, {
      byDaemon: async (door) => await runByDaemon(door, ask, () => lent.begin()),
      here: async (mayfly) => await mayfly.run({ ...task, ...lent.begin() }),
      note: noteInTask,
    });
  } finally {
    await lent.close();
  }
}

function exitCodeOf({ exitCode, outcome }: RunResult, interrupted: number | undefined): number {
  if (outcome.kind !== "cancelled") return exitCode;
  return interrupted ?? lostOutputStatus() ?? exitCode;
}

async function showReport(signed: SignedReport | undefined): Promise<void> {
  if (signed === undefined) return;
  const { reportLines } = await import("../report/report-view.ts");
  for (const line of reportLines(signed.report, styleFor(process.stdout))) process.stdout.write(`${line}\n`);
}

function tell(result: RunResult, { quiet }: Presentation): void {
  const style = styleFor(process.stderr);
  const notes = [...failureNotes(result), ...(quiet ? [] : warningNotes(result))];
  for (const note of notes)
    process.stderr.write(note.startsWith(" ") ? `${note}\n` : `${style.bad("mayfly:")} ${note}\n`);
  if (quiet || !process.stderr.isTTY || result.outcome.kind === "failed") return;
  process.stderr.write(`${style.dim(summary(result))}\n`);
  const note = reportNote(result);
  if (note !== undefined) process.stderr.write(`${style.dim(note)}\n`);
}

/** @throws E_OUTPUT_EXISTS, E_OUTPUT_WRITE; where there was no micro-VM, there is no report, and the failure was told */
async function writeReport(
  file: ReportFile,
  made: SignedReport | undefined,
  { outcome }: RunResult,
): Promise<void> {
  if (made !== undefined) {
    const { formatReport } = await import("../../sdk/index.ts");
    file.write(await formatReport(made, "json"));
  } else if (outcome.kind !== "failed" && outcome.kind !== "cancelled")
    throw new MayflyError("E_OUTPUT_WRITE", "There is no report to write", {
      next: "The notes above say why.",
    });
}
