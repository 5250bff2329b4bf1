import type { TaskResult } from "../contract/index.ts";
import { neutralise } from "../foundation/index.ts";

/** What the host knows of an end beside the result. */
interface Circumstances {
  /** What the program inside complained of last, neutralised. */
  readonly complaint: string | undefined;
  /** Whether a person ended it. */
  readonly wasAsked: boolean;
}

/** What a page says at the end, for people: why it ended, what stayed behind, and that the rest is gone. */
export function farewell(
  { outcome, disposal, id, refusedOutputs }: TaskResult,
  circumstances: Circumstances,
): string {
  const steps = disposal.steps;
  const gone =
    id === ""
      ? "No micro-VM was made."
      : disposal.complete
        ? `Its micro-VM is gone: ${steps.length} of ${steps.length} disposal steps were seen to be done.`
        : "Its micro-VM is NOT proved gone: run mayfly ps.";
  return `${why(outcome, circumstances)}${leftBehind(refusedOutputs)}${gone}`;
}

function why(outcome: TaskResult["outcome"], { complaint, wasAsked }: Circumstances): string {
  switch (outcome.kind) {
    case "failed":
      return `${outcome.message}. `;
    case "limit":
      return `It went over its limit "${outcome.limit}". `;
    case "stopped":
      return `The policy ended it: ${neutralise(outcome.finding.text, 300)}. `;
    case "exited":
      if (wasAsked || outcome.code === 0) return "";
      return complaint === undefined
        ? `It ended by itself, with status ${outcome.code}. `
        : `It ended by itself: ${complaint}. `;
    case "signalled":
      return wasAsked ? "" : `It ended by itself, by signal ${outcome.signal}. `;
    case "cancelled":
      return "";
  }
}

/** The first of what did not come out, and how many more. */
function leftBehind(refused: TaskResult["refusedOutputs"]): string {
  const [first, ...others] = refused;
  if (first === undefined) return "";
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  return `Left behind: ${neutralise(first.path, 200)} (${first.why})${more}. `;
}
