import type { SignedReport } from "../../contract/index.ts";
import { canonicalJson } from "../canonical.ts";
import { htmlPage } from "./html/index.ts";
import { jsonLines } from "./json-lines.ts";
import { navigatorLayer } from "./navigator.ts";
import { stixBundle, type StixIdOf } from "./stix/index.ts";

export { tighten } from "./tighten.ts";

/** `json`: as it is stored, receipt and all. `jsonl`: a line an event, for a SIEM. */
export type ReportFormat = "json" | "html" | "stix" | "navigator" | "jsonl";

/**
 * Writes a report in a format. Pure: the same report, the same text.
 * @param stixIdOf the id that MITRE's published data gives to a technique
 */
export function renderReport(signed: SignedReport, format: ReportFormat, stixIdOf: StixIdOf): string {
  const { report } = signed;
  switch (format) {
    case "json":
      return `${canonicalJson(signed)}\n`;
    case "html":
      return htmlPage(signed);
    case "stix":
      return `${JSON.stringify(stixBundle(report, stixIdOf), undefined, 2)}\n`;
    case "navigator":
      return `${JSON.stringify(navigatorLayer(report), undefined, 2)}\n`;
    case "jsonl":
      return jsonLines(report);
  }
}
