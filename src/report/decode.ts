import * as v from "valibot";
import type { SignedReport } from "../contract/index.ts";
import { attempt, neutralise, tellMistake } from "../foundation/index.ts";
import { SignedReportSchema } from "./schema.ts";
import { noReport, requireReportSize } from "./size.ts";

/** Reads the text of a stored or given report. It proves nothing of who wrote it. @throws E_BAD_REPORT with the place */
export function decodeSignedReport(text: string): SignedReport {
  // What is optional in JSON is undefined in the contract: to whoever reads it, that is one thing.
  return decode(text) as unknown as SignedReport;
}

function decode(text: string): object {
  requireReportSize(Buffer.byteLength(text));
  const value = attempt(() => JSON.parse(text) as unknown, "told below");
  if (value === undefined) throw noReport("it is no JSON");
  const parsed = v.safeParse(SignedReportSchema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const { path, what } = tellMistake(parsed.issues, SignedReportSchema);
  throw noReport(`${neutralise(path.join("."), 200)}: ${neutralise(what, 200)}`);
}
