import type { Outcome } from "../contract/index.ts";

/** How a task ended, in a few words. */
export function sayOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case "exited":
      return outcome.code === 0 ? "succeeded" : `exited with status ${outcome.code}`;
    case "signalled":
      return `ended by signal ${outcome.signal}`;
    case "limit":
      return `over its limit ${outcome.limit}`;
    case "stopped":
      return `ended because of the finding ${outcome.finding.rule}`;
    case "cancelled":
      return "cancelled";
    case "failed":
      return `failed: ${outcome.code}`;
  }
}
