import type { StreamChoice } from "./streams.ts";

/** How a task is shown. */
export interface Presentation {
  readonly streams: Omit<StreamChoice, "gather">;
  /** The result is told as one JSON document. */
  readonly json: boolean;
  /** The task's output goes into that document instead of our standard streams. */
  readonly gather: boolean;
  readonly quiet: boolean;
  /** Install missing system packages without asking. */
  readonly yes: boolean;
  readonly report: string | undefined;
  /** No report is made. */
  readonly unreported: boolean;
  /** Not by the daemon. */
  readonly embedded: boolean;
  /** Replace a report that exists. */
  readonly force: boolean;
  /** What the task did is shown, not what it printed; however it ended, that is what was wanted. */
  readonly detonation?: boolean;
}
