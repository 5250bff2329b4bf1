import * as v from "valibot";
import type { SignedReport } from "../contract/index.ts";
import { MIB, MayflyError, attempt, neutralise, tellMistake } from "../foundation/index.ts";
import { SignedReportSchema } from "./schema.ts";

/** Larger than any report that is written. */
export const MOST_REPORT_BYTES = 64 * MIB;

/** Reads the text of a stored or given report. It proves nothing of who wrote it. @throws E_BAD_REPORT with the place */
export function decodeSignedReport(text: string): SignedReport {
  // What is optional in JSON is undefined in the contract: to whoever reads it, that is one thing.
  return decode(text) as unknown as SignedReport;
}

function decode(text: string): object {
  if (text.length > MOST_REPORT_BYTES) throw noReport("it is larger than 64 MiB");
  const value = attempt(() => JSON.parse(text) as unknown, "told below");
  if (value === undefined) throw noReport("it is no JSON");
  const parsed = v.safeParse(SignedReportSchema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const { path, what } = tellMistake(parsed.issues, SignedReportSchema);
  throw noReport(`${neutralise(path.join("."), 200)}: ${neutralise(what, 200)}`);
}

function noReport(why: string): MayflyError {
  return new MayflyError("E_BAD_REPORT", `This is no report of Mayfly's: ${why}`, {
    next: "docs/report.schema.json says what one looks like.",
  });
}
