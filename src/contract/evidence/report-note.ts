import type { Finding, Severity } from "./finding.ts";

/** What a result says of its report. */
export interface ReportNote {
  /** The micro-VM's. */
  readonly id: string;
  /** How many findings of each severity. */
  readonly findings: Readonly<Record<Severity, number>>;
  readonly gravest: Pick<Finding, "rule" | "severity" | "text"> | undefined;
  /** Path of the file; undefined where it could not be kept, and the result's warnings say why. */
  readonly stored: string | undefined;
}
