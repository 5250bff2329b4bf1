import type { ReportRow, Stream, VmView } from "../contract/api/index.ts";
import type { Outcome, StreamRecord, TaskResult, WitnessEvent } from "../contract/index.ts";
import { neutralise } from "../foundation/index.ts";
import type { ReportSummary, RunningVm, VmUsage } from "../sdk/index.ts";
import type { Ending } from "./tasks.ts";

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
  const { outcome, exitCode, warnings, report, disposal } = result;
  const left = disposal.complete ? [] : ["The micro-VM is NOT proved gone: see its report"];
  return {
    outcome: describeOutcome(outcome),
    exitCode,
    warnings: [...left, ...warnings],
    report: report?.stored === undefined ? undefined : report.id,
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
