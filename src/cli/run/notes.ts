import type { LimitName, TaskResult } from "../../contract/index.ts";
import { MIB, formatTime, neutralise } from "../../foundation/index.ts";
import { describeLimit, flagValue } from "./describe-limit.ts";
import { named } from "./named.ts";
import { streamNotes, streamSummary } from "./stream-notes.ts";
import { LIMIT_OPTIONS } from "./limit-options.ts";

/** Of a finding; the report has more. */
const MOST_EVIDENCE = 3;

/** What went wrong: told always. The next step is on a line of its own, indented. */
export function failureNotes({ id, outcome, disposal, frozen }: TaskResult): string[] {
  const notes: string[] = [];
  if (outcome.kind === "failed") {
    notes.push(neutralise(outcome.message, 2000));
    if (outcome.next !== undefined) notes.push(`  ${neutralise(outcome.next, 2000)}`);
  } else if (outcome.kind === "limit") {
    const option = LIMIT_OPTIONS.find(({ limit }) => limit === outcome.limit);
    notes.push(
      `the task was ended: over its ${option?.noun ?? outcome.limit} of ${describeLimit(outcome.limit, outcome.allowed)}`,
    );
    if (option !== undefined)
      notes.push(
        `  Raise it with ${option.flag}, such as ${option.flag} ${flagValue(outcome.limit, more(outcome.limit, outcome.allowed))}.`,
      );
  } else if (outcome.kind === "stopped") {
    const { rule, severity, text, evidence } = outcome.finding;
    notes.push(
      `the task was ended because of a finding (${severity}): ${neutralise(text)}`,
      ...evidence.slice(0, MOST_EVIDENCE).map((each) => `  ${neutralise(each.text)}`),
      `  mayfly rules show ${neutralise(rule, 80)} explains it.`,
    );
    if (frozen !== undefined) notes.push(`  its micro-VM is kept: mayfly inspect ${id}`);
  }
  if (!disposal.complete) {
    const failed = disposal.steps.filter((step) => !step.ok).map(({ step, detail }) => `${step}: ${detail}`);
    notes.push(
      `the micro-VM is NOT proved gone: ${failed.join("; ")}`,
      "  Run `mayfly ps`; the next start sweeps what is left.",
    );
  }
  return notes;
}

/** A value to try next: twice what was too little, and something where that was nothing. */
function more(limit: LimitName, allowed: number): number {
  if (allowed > 0) return allowed * 2;
  return limit === "outFiles" ? 10 : MIB;
}

/** What a person should know of a task that ended well. */
export function warningNotes({ warnings, refusedOutputs, network }: TaskResult): string[] {
  return [
    ...warnings.map((warning) => neutralise(warning)),
    ...named(
      refusedOutputs.map(({ path, why }) => `left behind: ${neutralise(path)} (${why})`),
      "files left behind",
    ),
    ...streamNotes(network),
  ];
}

/** One line that says where it ran and that it is gone. */
export function summary({ isolation, timings, origin, disposal, network }: TaskResult): string {
  const steps = disposal.steps;
  const gone = `gone: ${steps.filter(({ ok }) => ok).length} of ${steps.length} disposal steps`;
  if (isolation === undefined) return `no micro-VM was made · ${gone}`;
  const how =
    isolation.kind === "hardware" ? "held by the processor" : `emulated: ${shortReason(isolation.reason)}`;
  const made = `${origin} ${formatTime(timings.machine ?? 0)}`;
  const streams = streamSummary(network);
  return [`ran in its own micro-VM (${how})`, made, ...(streams === undefined ? [] : [streams]), gone].join(
    " · ",
  );
}

/** The report of a task, and the gravest thing in it; undefined where there is none. */
export function reportNote({ report }: TaskResult): string | undefined {
  if (report?.stored === undefined) return undefined;
  const { id, gravest } = report;
  const found = gravest === undefined ? "" : `${gravest.severity}: ${neutralise(gravest.text, 100)} · `;
  return `${found}mayfly report ${id}`;
}

/** A few words for the usual reasons, else the first clause; `mayfly doctor` tells it in full. */
function shortReason(reason: string): string {
  if (reason.includes("no guest boots")) return "no working KVM";
  if (reason.includes("may not use")) return "KVM not allowed";
  if (/does not exist|has no driver/.test(reason)) return "no KVM";
  return neutralise(reason.split(/[:;,(]/)[0]?.trim() ?? "", 40);
}
