import { LimitError, NO_NETWORK } from "../contract/index.ts";
import type {
  DisposalStep,
  InputFact,
  IsolationFact,
  Outcome,
  OutputFile,
  RefusedOutput,
  Finding,
  NetworkRecord,
  TaskResult,
  Timings,
} from "../contract/index.ts";
import { ERROR_CODES, MayflyError, asMayflyError, type ErrorCode } from "../foundation/index.ts";

import { NO_EVIDENCE, type Evidence } from "./evidence.ts";

/** What is known of the machine that a task ran in. */
export interface MachineFacts {
  readonly id: string;
  readonly template: string;
  readonly origin: "standby" | "fork";
  readonly isolation: IsolationFact;
  readonly clockErrorMs: number;
}

/** What came back from `/out`. */
export interface CollectedOutputs {
  readonly kept: readonly OutputFile[];
  readonly refused: readonly RefusedOutput[];
  readonly warnings: readonly string[];
}

/** A guest's clock is the host's within this, or the result says so. */
const CLOCK_PROMISE_MS = 50;

/** Gathers what happens to a task, in order; always ends in a result, even for a failed start. Pure but for the clock. */
export class Recorder {
  readonly #profile: string;
  readonly #from = performance.now();
  readonly #startedAt = new Date().toISOString();
  readonly #timings: Record<string, number> = {};
  readonly #warnings: string[] = [];
  #network = NO_NETWORK;
  #machine: MachineFacts | undefined;
  #outcome: Outcome | undefined;
  #inputs: readonly InputFact[] = [];
  #outputs: readonly OutputFile[] = [];
  #refused: readonly RefusedOutput[] = [];
  #evidence = NO_EVIDENCE;
  #frozen: string | undefined;
  #triedFreezing = false;
  #findings: readonly Finding[] = [];

  constructor(profile: string) {
    this.#profile = profile;
  }

  /** Notes the time of the first `stage` of its kind. */
  mark(stage: keyof Timings): void {
    this.#timings[stage] ??= Math.round((performance.now() - this.#from) * 100) / 100;
  }

  machine(facts: MachineFacts): void {
    this.#machine = facts;
    if (facts.clockErrorMs > CLOCK_PROMISE_MS) {
      this.#warnings.push(
        `the guest's clock may be wrong by up to ${Math.round(facts.clockErrorMs)} ms: the host is overloaded`,
      );
    }
    this.mark("machine");
  }

  inputs(facts: readonly InputFact[]): void {
    this.#inputs = facts;
  }

  /** Whether the task has ended in one of these ways. */
  ended(...kinds: readonly Outcome["kind"][]): boolean {
    return this.#outcome !== undefined && kinds.includes(this.#outcome.kind);
  }

  /** The finding that the task was ended for. */
  get stoppedFor(): Finding | undefined {
    return this.#outcome?.kind === "stopped" ? this.#outcome.finding : undefined;
  }

  /** The micro-VM was kept in this directory; undefined where it could not be. */
  frozen(directory: string | undefined): void {
    this.#frozen = directory;
    this.#triedFreezing = true;
  }

  get triedFreezing(): boolean {
    return this.#triedFreezing;
  }

  warn(warning: string): void {
    this.#warnings.push(warning);
  }

  network(record: NetworkRecord): void {
    this.#network = record;
  }

  /** What was observed, as each observer ends: whoever says nothing leaves what is there. */
  observed(evidence: Partial<Evidence>): void {
    this.#evidence = { ...this.#evidence, ...evidence };
  }

  get evidence(): Evidence {
    return this.#evidence;
  }

  found(findings: readonly Finding[]): void {
    this.#findings = [...this.#findings, ...findings];
  }

  get findings(): readonly Finding[] {
    return this.#findings;
  }

  outputs({ kept, refused, warnings }: CollectedOutputs): void {
    this.#outputs = kept;
    this.#refused = refused;
    this.#warnings.push(...warnings);
    this.mark("collected");
  }

  outcome(outcome: Outcome): void {
    this.#outcome = outcome;
    this.mark("ended");
  }

  failure(cause: unknown): void {
    const { code, message, next } = asMayflyError(cause);
    if (cause instanceof LimitError)
      this.outcome({ kind: "limit", limit: cause.limit, allowed: cause.allowed });
    else
      this.outcome(code === "E_CANCELLED" ? { kind: "cancelled" } : { kind: "failed", code, message, next });
  }

  /** Something that the task was to leave could not be written. Where it had another end, that stays. */
  lost(cause: MayflyError): void {
    if (this.ended("exited", "signalled")) this.failure(cause);
    else this.#warnings.push(cause.message);
  }

  build(steps: readonly DisposalStep[]): TaskResult {
    this.mark("disposed");
    const complete = steps.every((step) => step.ok);
    const outcome = this.#outcome ?? {
      kind: "failed",
      code: "E_INTERNAL",
      message: "The task has no outcome",
      next: undefined,
    };
    return {
      id: this.#machine?.id ?? "",
      profile: this.#profile,
      template: this.#machine?.template ?? "",
      origin: this.#machine?.origin ?? "none",
      isolation: this.#machine?.isolation,
      outcome,
      exitCode: complete ? exitCodeOf(outcome) : ERROR_CODES.E_DISPOSAL.exit,
      inputs: this.#inputs,
      outputs: this.#outputs,
      refusedOutputs: this.#refused,
      network: this.#network,
      startedAt: this.#startedAt,
      timings: this.#timings,
      warnings: this.#warnings,
      disposal: { complete, steps },
      ...(this.#frozen === undefined ? {} : { frozen: this.#frozen }),
    };
  }
}

/** The one map from how a task ended to what the CLI exits with. */
export function exitCodeOf(outcome: Outcome): number {
  switch (outcome.kind) {
    case "exited":
      return outcome.code;
    case "signalled":
      return 128 + outcome.signal;
    case "limit":
      return ERROR_CODES.E_LIMIT.exit;
    case "stopped":
      return ERROR_CODES.E_FINDING.exit;
    case "cancelled":
      return ERROR_CODES.E_CANCELLED.exit;
    case "failed":
      return new MayflyError(outcome.code as ErrorCode, "").exitCode;
  }
}
