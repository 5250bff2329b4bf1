import type { Ledger } from "../disposal/index.ts";
import type { Engine } from "../engine/index.ts";
import type { Progress } from "../contract/index.ts";

/** What the microvisor stands on. Made once by `Mayfly.open`. */
export interface Host {
  readonly engine: Engine;
  readonly ledger: Ledger;
  /** Root of images, templates and what was learnt of this machine. */
  readonly store: string;
  /** Version of Mayfly; part of every template's key. */
  readonly version: string;
  readonly kvmDevice: string;
  readonly progress: Progress;
  /** Ends what is being made: images, templates, trials of an accelerator. */
  readonly signal: AbortSignal | undefined;
}
