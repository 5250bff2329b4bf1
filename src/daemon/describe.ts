import type { ReportRow, Stream, VmView } from "../contract/api/index.ts";
import type { OpenResult, Outcome, StreamRecord, TaskResult, WitnessEvent } from "../contract/index.ts";
import { neutralise } from "../foundation/index.ts";
import type { OpenStage, ReportSummary, RunningVm, VmUsage } from "../sdk/index.ts";
import type { Ending } from "./tasks.ts";

/** Of what did not come out, how many are told one by one. */
const MOST_BEHIND = 20;

/** How a task ended, in one sentence. */
export function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case "exited":
      return outcome.code === 0 ? "Done" : `Ended with status ${outcome.code}`;
    case "signalled":
      return `Ended by signal ${outcome.signal}`;
    case "limit":
      return `Over its limit ${outcome.limit}`;
    case "stopped":
      return `Stopped because of a finding: ${outcome.finding.text}`;
    case "cancelled":
      return "Ended from outside";
    case "failed":
      return [outcome.message, outcome.next].filter((part) => part !== undefined).join(". ");
  }
}

export function endingOf(result: TaskResult): Ending {
  const { outcome, exitCode, warnings, report, disposal, refusedOutputs } = result;
  const behind = refusedOutputs.slice(0, MOST_BEHIND).map(({ path, why }) => `Left behind: ${path} (${why})`);
  const more = refusedOutputs.length - behind.length;
  if (more > 0) behind.push(`… and ${more} more`);
  const left = disposal.complete ? [] : ["The micro-VM is NOT proved gone: see its report"];
  return {
    outcome: describeOutcome(outcome),
    exitCode,
    warnings: [...left, ...behind, ...warnings],
    report: report?.stored === undefined ? undefined : report.id,
  };
}

/** What is being done to a document. */
export const DOCUMENT_STEPS: Readonly<Record<OpenStage, string>> = {
  opening: "Opening it in a micro-VM",
  converting: "Making pictures of its pages",
  recognising: "Recognising text",
  writing: "Writing the safe copy",
};

export function pageStep(done: number, of: number | undefined): string {
  return `Page ${done}${of === undefined ? "" : ` of ${of}`}`;
}

export function documentEnding({ outcome, exitCode, warnings, report }: OpenResult): Ending {
  const said = outcome.kind === "converted" ? "Safe copy made" : outcome.message;
  const next = outcome.kind === "converted" ? undefined : outcome.next;
  return {
    outcome: next === undefined ? said : `${said}. ${next}`,
    exitCode,
    warnings: warnings.map(({ message }) => message),
    report: report?.report?.id,
  };
}

export function vmView(vm: RunningVm, usage: VmUsage | undefined, task: string | undefined): VmView {
  const { id, kind, profile, label, since, owner } = vm;
  return {
    id,
    kind,
    profile,
    label: neutralise(label, 300),
    since: new Date(since).toISOString(),
    owner,
    memoryBytes: usage?.privateBytes ?? null,
    cpuMs: usage?.cpuMs ?? null,
    isolation: usage?.isolation ?? null,
    task: task ?? null,
  };
}

export function streamView({ at, target, program, decision, end, bytesOut, bytesIn }: StreamRecord): Stream {
  const host = target.host.includes(":") ? `[${target.host}]` : target.host;
  return {
    at,
    target: neutralise(`${host}:${target.port}`),
    program: program === undefined ? null : neutralise(program),
    allowed: decision.allowed,
    reason: neutralise(decision.reason),
    end,
    bytesOut,
    bytesIn,
  };
}

export function reportRow(summary: ReportSummary): ReportRow {
  const { id, startedAt, profile, command, outcome, exitCode, findings, gravest, gone } = summary;
  return {
    id,
    startedAt,
    profile: neutralise(profile, 100),
    title: neutralise(command.join(" "), 300),
    outcome: neutralise(describeOutcome(outcome)),
    exitCode,
    findings: Object.values(findings).reduce((sum, count) => sum + count, 0),
    gravest: gravest === undefined ? null : `${gravest.severity}: ${neutralise(gravest.text)}`,
    gone,
  };
}

/** One line of what the guest says that it did; undefined for what tells a person nothing. */
export function witnessLine(event: WitnessEvent): string | undefined {
  const { kind } = event;
  if (event.kind === "exec") return neutralise(`ran ${event.argv.join(" ") || event.program}`);
  if (event.kind === "fork" || event.kind === "exit") return undefined;
  if ("path" in event) return neutralise(`${kind} ${event.path}`);
  return neutralise(`${kind} ${JSON.stringify({ ...event, kind: undefined, at: undefined })}`, 200);
}
