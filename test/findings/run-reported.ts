import type { Report } from "../../src/contract/index.ts";
import type { Mayfly } from "../../src/index.ts";

type Request = Parameters<Mayfly["run"]>[0];

/** Runs a shell script as root in a micro-VM of its own. @returns the report, which is always made */
export async function runReported(
  mayfly: Mayfly,
  script: string,
  more: Partial<Request> = {},
): Promise<Report> {
  let report: Report | undefined;
  const onReport = (signed: { report: Report }): void => {
    report = signed.report;
  };
  await mayfly.run({ profile: "python", user: "root", command: ["sh"], stdin: script, onReport, ...more });
  if (report === undefined) throw new Error("no report was made");
  return report;
}

/** The rules that found something. */
export function foundIn({ findings }: Report): string[] {
  return findings.map(({ rule }) => rule);
}
