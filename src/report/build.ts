import {
  SEVERITIES,
  type Finding,
  type Report,
  type ReportNote,
  type ReportOrigin,
  type TaskResult,
} from "../contract/index.ts";
import type { AdmittedTask } from "../policy/index.ts";
import { boundNetwork } from "./bound-network.ts";
import { boundWitness } from "./bound-witness.ts";
import type { Evidence } from "./evidence.ts";
import { grantedAndUsed, grantedRules } from "./granted.ts";
import { neutral } from "./neutral.ts";

interface ReportParts {
  readonly origin: ReportOrigin;
  readonly result: TaskResult;
  readonly evidence: Evidence;
  readonly findings: readonly Finding[];
  /** As it was admitted; undefined where it was refused. */
  readonly task: AdmittedTask | undefined;
  /** What it says that was asked for; default: the task's command. */
  readonly asked?: readonly string[] | undefined;
}

/** Puts a report together. Every text in it is neutralised, whoever it came from. Pure. */
export function buildReport({ origin, result, evidence, findings, task, asked }: ReportParts): Report {
  const facts = withoutNote({ ...result, network: boundNetwork(result.network) });
  const witness = boundWitness(evidence.witness);
  return neutral({
    format: 1,
    origin,
    command: asked ?? task?.command ?? [],
    result: facts,
    witness,
    resources: evidence.resources,
    memory: evidence.memory,
    findings: gravestFirst(findings),
    granted: task === undefined ? [] : grantedAndUsed(task, facts, { ...evidence, witness }),
    rules: task === undefined ? [] : grantedRules(task.network),
  });
}

/** A report does not speak of itself. */
function withoutNote(result: TaskResult): TaskResult {
  const facts: { -readonly [K in keyof TaskResult]: TaskResult[K] } = { ...result };
  delete facts.report;
  return facts;
}

/** What the task's result says of its report. */
export function noteOf({ result, findings }: Report, stored: string | undefined): ReportNote {
  const count = (severity: Finding["severity"]): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const [first] = findings;
  return {
    id: result.id,
    findings: {
      info: count("info"),
      low: count("low"),
      medium: count("medium"),
      high: count("high"),
      critical: count("critical"),
    },
    gravest: first && { rule: first.rule, severity: first.severity, text: first.text },
    stored,
  };
}

/** Of the same severity, what was seen from outside comes first, then what came first. */
function gravestFirst(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity, voice }: Finding): number =>
    SEVERITIES.indexOf(severity) * 2 + (voice === "outside" ? 1 : 0);
  return [...findings].sort((one, other) => rank(other) - rank(one));
}
