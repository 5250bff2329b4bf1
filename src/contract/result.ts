import type { DisposalStep } from "./disposal.ts";
import type { Finding } from "./evidence/finding.ts";
import type { ReportNote } from "./evidence/report-note.ts";
import type { LimitName } from "./limits.ts";
import type { NetworkRecord } from "./network-record.ts";

/** How the task ended. */
export type Outcome =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: number }
  /** Over a limit: the micro-VM was ended. `allowed` is in the limit's own unit. */
  | { readonly kind: "limit"; readonly limit: LimitName; readonly allowed: number }
  /** By the policy's `on_finding`, because of this one. */
  | { readonly kind: "stopped"; readonly finding: Finding }
  | { readonly kind: "cancelled" }
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly message: string;
      readonly next: string | undefined;
    };

export interface IsolationFact {
  /** `emulated`: the same devices and policy, but the processor does not hold the guest. */
  readonly kind: "hardware" | "emulated";
  readonly accelerator: "kvm" | "tcg";
  /** Why it is emulated; empty for hardware. */
  readonly reason: string;
}

/** Something of the user's that the task was given, as it was read. */
export interface InputFact {
  /** Below `/in`. */
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of its bytes, hex. */
  readonly sha256: string;
}

export interface OutputFile {
  /** Path relative to the directory that the user named. */
  readonly path: string;
  readonly bytes: number;
}

/** Something in `/out` that did not come back. The path is neutralised. */
export interface RefusedOutput {
  readonly path: string;
  readonly why: string;
}

/** Milliseconds since the request, by the host's clock; undefined where the task did not get there. */
export interface Timings {
  readonly machine?: number;
  /** The command was asked for; evidence counts its times from here. */
  readonly begun?: number;
  readonly firstByte?: number;
  readonly ended?: number;
  readonly collected?: number;
  readonly disposed?: number;
}

export interface TaskResult {
  readonly id: string;
  readonly profile: string;
  readonly template: string;
  /** From a machine made ahead of time, or forked for this task. */
  readonly origin: "standby" | "fork" | "none";
  readonly isolation: IsolationFact | undefined;
  readonly outcome: Outcome;
  /** What the CLI exits with for this outcome. */
  readonly exitCode: number;
  /** Empty where the task did not get as far as being given them. */
  readonly inputs: readonly InputFact[];
  readonly outputs: readonly OutputFile[];
  readonly refusedOutputs: readonly RefusedOutput[];
  /** What programs in the guest asked of the network, and what became of it. */
  readonly network: NetworkRecord;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly timings: Timings;
  readonly warnings: readonly string[];
  readonly disposal: { readonly complete: boolean; readonly steps: readonly DisposalStep[] };
  /** Directory that keeps the micro-VM as it was, for `mayfly inspect`; absent where none does. */
  readonly frozen?: string | undefined;
  /** Absent in the report itself, where none was made, and where none was wanted. */
  readonly report?: ReportNote | undefined;
}
