import type { LimitName, TaskResult } from "../contract/index.ts";
import { MayflyError, asMayflyError, formatSize, formatTime, type ErrorCode } from "../foundation/index.ts";

/** What a person calls the limits that a conversion may meet, and how they are raised. */
const RAISED: Partial<Record<LimitName, (allowed: number) => { said: string; next: string }>> = {
  memory: (bytes) => ({
    said: `the limit "memory" (${formatSize(bytes)})`,
    next: `Allow more: --memory ${formatSize(bytes * 2).replace(/ ([KMGT]?)i?B$/, "$1")}.`,
  }),
  timeMs: (ms) => ({
    said: `the limit "time" (${formatTime(ms)})`,
    next: "Allow more with --time, or choose fewer --pages.",
  }),
};

/**
 * Why a document's micro-VM ended without all that was wanted of it.
 * @param who what ran in it, as in `The converter`
 */
export function failureOfTask({ outcome }: TaskResult, who: string): MayflyError {
  switch (outcome.kind) {
    case "failed":
      return new MayflyError(
        outcome.code as ErrorCode,
        outcome.message,
        outcome.next === undefined ? {} : { next: outcome.next },
      );
    case "cancelled":
      return new MayflyError("E_CANCELLED", "It was cancelled");
    case "stopped":
      return new MayflyError("E_FINDING", `It was ended because of the finding "${outcome.finding.rule}"`, {
        next: outcome.finding.text,
      });
    case "limit": {
      const { said, next } = RAISED[outcome.limit]?.(outcome.allowed) ?? {
        said: `the limit "${outcome.limit}" (${outcome.allowed})`,
        next: "Raise it in the request's limits.",
      };
      return new MayflyError("E_LIMIT", `It went over ${said} of its micro-VM`, { next });
    }
    default: {
      const how = outcome.kind === "exited" ? `status ${outcome.code}` : `signal ${outcome.signal}`;
      return new MayflyError("E_CONVERTER", `${who} ended before it was done (${how})`, {
        next: "The document may be damaged or hostile. Another form may work: --as text.",
      });
    }
  }
}

/** A failure as a result tells it. */
export function failedOutcome(cause: unknown): {
  kind: "failed";
  code: ErrorCode;
  message: string;
  next: string | undefined;
} {
  const { code, message, next } = asMayflyError(cause);
  return { kind: "failed", code, message, next };
}
