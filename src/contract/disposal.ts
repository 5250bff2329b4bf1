/** One thing that was done to end a micro-VM, and whether it was seen to be done. */
export interface DisposalStep {
  readonly step: string;
  readonly ok: boolean;
  readonly ms: number;
  /** What was observed, or why it failed. */
  readonly detail: string;
}
