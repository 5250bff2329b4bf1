import type { StreamEnd } from "../contract/index.ts";

/** Why a stream does not come about, or goes no further. */
export interface Refused {
  readonly refused: {
    /** One clause, for a person. */
    readonly reason: string;
    readonly rule?: string | undefined;
    readonly end: Extract<StreamEnd, "refused" | "unreachable" | "budget">;
  };
}

export function refused(reason: string, rule?: string): Refused {
  return { refused: { reason, rule, end: "refused" } };
}

export function unreachable(reason: string): Refused {
  return { refused: { reason, end: "unreachable" } };
}

export function overBudget(reason: string): Refused {
  return { refused: { reason, end: "budget" } };
}

export function isRefused(value: object): value is Refused {
  return "refused" in value;
}
