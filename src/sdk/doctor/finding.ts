/** `unknown` where it could not be looked at: a layer that was not verified is never called on. */
export type LayerState = "on" | "off" | "unknown";

export type Area = "system" | "processor" | "jail" | "guest" | "traces";

/** One layer or condition, what was observed of it, and what to do where it is not there. */
export interface Finding {
  readonly area: Area;
  readonly name: string;
  readonly state: LayerState;
  /** Whether Mayfly cannot do what it promises without it. */
  readonly isRequired: boolean;
  /** What was observed, or why nothing could be. */
  readonly evidence: string;
  /** One line; undefined where there is nothing to mend. */
  readonly mend: string | undefined;
}

/** What a check of one layer says. */
export interface Observation {
  readonly state: LayerState;
  readonly evidence: string;
  /** Told only where the layer is not on. */
  readonly mend?: string | undefined;
}

export function on(evidence: string): Observation {
  return { state: "on", evidence };
}

export function off(evidence: string, mend?: string): Observation {
  return { state: "off", evidence, mend };
}

export function unknown(evidence: string, mend?: string): Observation {
  return { state: "unknown", evidence, mend };
}

/** `on` if it holds, else `off`, each with its evidence. */
export function holds(isSo: boolean, evidence: string, mend?: string): Observation {
  return isSo ? on(evidence) : off(evidence, mend);
}
