import type { ReportArchive, SealedReport } from "../archive/index.ts";
import type { SignedReport, TaskResult } from "../contract/index.ts";
import { findingsOf, type Rule } from "../findings/index.ts";
import { asMayflyError, ignoring } from "../foundation/index.ts";
import type { AdmittedTask } from "../policy/index.ts";
import { buildReport, noteOf, type Recorder } from "../report/index.ts";

/** Who makes reports, and who is told of them. */
export interface Reporting {
  /** Mayfly's version. */
  readonly version: string;
  /** Engine and its version: `QEMU 7.2.22`. */
  readonly engine: () => Promise<string>;
  /** State directory; default: the user's. */
  readonly state?: string | undefined;
  /** Told of the report, whether it could be kept or not. */
  readonly onReport?: ((report: SignedReport) => void) | undefined;
}

interface Ended {
  readonly result: TaskResult;
  readonly recorder: Recorder;
  /** Undefined where it was refused. */
  readonly task: AdmittedTask | undefined;
  /** What the report says that was asked for; default: the task's command. */
  readonly asked?: readonly string[] | undefined;
  readonly rules?: (() => Promise<readonly Rule[]>) | undefined;
}

/**
 * Builds, signs and keeps the report of a task whose micro-VM is gone. Never fails the task: what goes wrong becomes a
 * warning of the result. Where there was no micro-VM there is nothing to report.
 */
export async function report(
  { recorder, task, asked, rules, ...ended }: Ended,
  how: Reporting,
): Promise<TaskResult> {
  if (ended.result.id === "") return ended.result;
  const warnings = [...ended.result.warnings];
  const result = { ...ended.result, warnings };
  try {
    const { outcome, network } = result;
    const known = await rulesOrWarning(rules, warnings);
    recorder.found(findingsOf({ ...recorder.evidence, outcome, network }, known));
    const { ReportArchive } = await import("../archive/index.ts");
    const origin = { version: how.version, engine: await how.engine() };
    const { evidence, findings } = recorder;
    const archive = new ReportArchive(how.state);
    const sealed = await archive.seal(buildReport({ origin, result, evidence, findings, task, asked }));
    const kept = keep(result, sealed, archive);
    try {
      how.onReport?.(sealed.signed);
      return kept;
    } catch (cause) {
      return warned(kept, "told", cause);
    }
  } catch (cause) {
    return warned(result, "made", cause);
  }
}

function keep(result: TaskResult, sealed: SealedReport, archive: ReportArchive): TaskResult {
  const { report: made } = sealed.signed;
  try {
    return { ...result, report: noteOf(made, archive.put(sealed)) };
  } catch (cause) {
    return warned({ ...result, report: noteOf(made, undefined) }, "kept", cause);
  }
}

/** A mistake in somebody's rules costs the findings, not the report. */
async function rulesOrWarning(rules: Ended["rules"], warnings: string[]): Promise<readonly Rule[]> {
  try {
    return (await rules?.()) ?? [];
  } catch (cause) {
    warnings.push(`nothing was looked for by rules: ${asMayflyError(cause).message}`);
    return [];
  }
}

/** Loads what a report is made with while the task runs, so that it need not be waited for at its end. */
export async function loadReporting(rules: Ended["rules"]): Promise<void> {
  await ignoring(
    Promise.all([rules?.(), import("../archive/index.ts")]),
    "the report meets it again, and tells it",
  );
}

function warned(result: TaskResult, what: "made" | "kept" | "told", cause: unknown): TaskResult {
  const { message } = asMayflyError(cause);
  return { ...result, warnings: [...result.warnings, `the report could not be ${what}: ${message}`] };
}
