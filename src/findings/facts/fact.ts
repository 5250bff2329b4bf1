import type { Voice } from "../../contract/index.ts";

export type FieldValue = string | number | boolean | readonly string[] | undefined;

/** One thing that was seen, in the words that rules are written in: `VOCABULARY` has its kinds and fields. */
export interface Fact {
  readonly kind: string;
  readonly voice: Voice;
  /** Milliseconds since the task began. */
  readonly at: number;
  /** Process in the guest; undefined where it is not one's doing. */
  readonly pid: number | undefined;
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** What people read of it; made only where a rule matches. */
  readonly tell: () => string;
}
