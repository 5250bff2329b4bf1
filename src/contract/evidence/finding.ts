/** From harmless to certain harm. */
export const SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Whose word it is: `witness` is the guest's, `outside` was seen by the host and cannot be lied to. */
export type Voice = "witness" | "outside";

/** A technique of MITRE ATT&CK, as the published matrix has it. */
export interface Technique {
  /** `T1053.003` */
  readonly id: string;
  readonly name: string;
  /** `persistence`, `privilege-escalation` and so on. */
  readonly tactics: readonly string[];
  readonly url: string;
}

/** One thing that was seen and that made a rule match. */
export interface FindingEvidence {
  readonly voice: Voice;
  /** Milliseconds since the task began. */
  readonly at: number;
  /** Process in the guest; undefined where it is not one's doing. */
  readonly pid: number | undefined;
  /** One line for people, neutralised. */
  readonly text: string;
}

export interface Finding {
  /** Name of the rule: `persistence-crontab`. */
  readonly rule: string;
  readonly severity: Severity;
  readonly text: string;
  readonly techniques: readonly Technique[];
  /** `outside` where anything of the evidence is. */
  readonly voice: Voice;
  /** In order of time, at most 20. */
  readonly evidence: readonly FindingEvidence[];
  readonly evidenceOmitted: number;
}
