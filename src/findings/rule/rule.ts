import type { Severity, Technique } from "../../contract/index.ts";
import type { Condition } from "./condition.ts";

/** Each of these facts makes a finding by itself. */
export interface Once {
  readonly kind: "once";
  readonly condition: Condition;
}

/** So many of them do, within a time where one is given. */
export interface Repeated {
  readonly kind: "repeated";
  readonly condition: Condition;
  readonly atLeast: number;
  readonly distinct: string | undefined;
  readonly per: string | undefined;
  /** Milliseconds; Infinity where no time was given. */
  readonly within: number;
  readonly regular: number | undefined;
  /** Milliseconds. */
  readonly apart: number;
}

/** One after the other does, with one value of a field in common where one is named. */
export interface Sequence {
  readonly kind: "sequence";
  readonly steps: readonly Condition[];
  readonly same: string | undefined;
  /** Milliseconds from the first to the last. */
  readonly within: number;
}

export type Pattern = Once | Repeated | Sequence;

/** A rule that was checked and can be asked. */
export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  readonly text: string;
  readonly techniques: readonly Technique[];
  readonly pattern: Pattern;
  /** `rules/persistence.yaml:4` */
  readonly where: string;
  /** As it is written, without what it is indented by. */
  readonly source: string;
}

/** Events that a pattern has to be told of. */
export function eventsOfPattern(pattern: Pattern): readonly string[] {
  const conditions = pattern.kind === "sequence" ? pattern.steps : [pattern.condition];
  return [...new Set(conditions.flatMap(({ events }) => events))];
}
