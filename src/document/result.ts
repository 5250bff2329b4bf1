import type { OpenOutcome, OpenResult, TaskResult } from "../contract/index.ts";
import { ERROR_CODES, MayflyError, type ErrorCode } from "../foundation/index.ts";
import { failedOutcome, failureOfTask } from "./failure.ts";
import type { Intake } from "./intake.ts";

/** The result of a document that no micro-VM was made for. */
export function failedDocument(source: string, cause: unknown): OpenResult {
  const result = new ResultBuilder(source);
  result.failed(cause);
  return result.build();
}

/** Gathers what became of a document; always ends in a result. */
export class ResultBuilder {
  readonly #source: string;
  readonly #from = performance.now();
  #intake: Intake | undefined;
  #outcome: OpenOutcome | undefined;
  #report: TaskResult | undefined;
  #ocrReport: TaskResult | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  /** The micro-VM has ended, well or not. @throws why there is no safe copy */
  converted(intake: Intake, report: TaskResult): void {
    this.#intake = intake;
    this.#report = report;
    if (intake.files === undefined) throw failureOfTask(report, "The converter");
    this.#outcome = { kind: "converted" };
  }

  recognised(report: TaskResult): void {
    this.#ocrReport = report;
  }

  failed(cause: unknown): void {
    this.#outcome = failedOutcome(cause);
  }

  build(): OpenResult {
    const intake = this.#intake;
    const outcome = this.#outcome ?? failedOutcome(new MayflyError("E_INTERNAL", "There is no outcome"));
    return {
      source: this.#source,
      outcome,
      exitCode: this.#exitCode(outcome),
      format: intake?.format,
      pages: intake?.pages ?? 0,
      forms: intake?.files ?? [],
      warnings: intake?.warnings ?? [],
      timings: this.#timings(),
      report: this.#report,
      ocrReport: this.#ocrReport,
    };
  }

  #exitCode(outcome: OpenOutcome): number {
    const undisposed = [this.#report, this.#ocrReport].some((report) => report?.disposal.complete === false);
    if (undisposed) return ERROR_CODES.E_DISPOSAL.exit;
    return outcome.kind === "converted" ? 0 : ERROR_CODES[outcome.code as ErrorCode].exit;
  }

  #timings(): OpenResult["timings"] {
    const machine = this.#report?.timings.machine;
    const first = this.#intake?.firstPageAt;
    return {
      ...(machine !== undefined && { machine }),
      ...(first !== undefined && { firstPage: Math.round(first - this.#from) }),
      ended: Math.round(performance.now() - this.#from),
    };
  }
}
