import { MIB, MayflyError } from "../foundation/index.ts";

/** Larger than any report that is written. */
export const MOST_REPORT_BYTES = 64 * MIB;

/** @throws E_BAD_REPORT where something of so many bytes is larger than any report */
export function requireReportSize(bytes: number): void {
  if (bytes > MOST_REPORT_BYTES) throw noReport("it is larger than 64 MiB");
}

/** How many bytes a value takes as JSON in UTF-8. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

export function noReport(why: string): MayflyError {
  return new MayflyError("E_BAD_REPORT", `This is no report of Mayfly's: ${why}`, {
    next: "docs/report.schema.json says what one looks like.",
  });
}
