import { Command, Option } from "commander";
import { MayflyError } from "../../foundation/index.ts";
import { Reports, formatReport, tightenPolicy, type ReportFormat } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { reportLines } from "../report/report-view.ts";
import { ReportFile } from "../run/report-file.ts";
import { styleFor } from "../terminal/style.ts";

const FORMATS = ["text", "json", "html", "stix", "navigator", "jsonl"] as const;

const EXAMPLES = `
Examples:
  mayfly report last
  mayfly report m4x                                the one whose id begins so
  mayfly report last --format html --output it.html
  mayfly report last --format json > report.json   what \`mayfly verify\` checks
  mayfly report last --tighten > policy.yaml       the least that this run would have needed

json: signed, as docs/report.schema.json describes; html: one page; stix: a STIX 2.1 bundle; navigator: a layer for
the ATT&CK Navigator; jsonl: a line an event, for a SIEM. docs/reports.md says more.`;

interface ReportOptions {
  readonly format?: (typeof FORMATS)[number];
  readonly output?: string;
  readonly force?: boolean;
  readonly tighten?: boolean;
}

export function reportCommand(_invocation: Invocation): Command {
  return new Command("report")
    .description("Shows what a task did, what it tried, what it changed, and that it is gone.")
    .argument("<ID>", "id of a task, the beginning of one, or last")
    .addOption(new Option("--format <FORMAT>", "how it is written (default: text)").choices(FORMATS))
    .option("-o, --output <FILE>", "write it to a file")
    .option("-f, --force", "replace a file that exists")
    .option("--tighten", "print the smallest policy that this run would have needed, as YAML")
    .addHelpText("after", EXAMPLES)
    .action(async (id: string, { format, output, force = false, tighten = false }: ReportOptions) => {
      if (tighten && format !== undefined)
        throw new MayflyError("E_USAGE", "--tighten prints a policy, and --format is for reports", {
          next: "Leave one of them out.",
        });
      const signed = new Reports().get(id);
      const toScreen = styleFor(output === undefined ? process.stdout : {});
      const text = tighten
        ? await tightenPolicy(signed.report)
        : format === undefined || format === "text"
          ? reportLines(signed.report, toScreen)
              .map((line) => `${line}\n`)
              .join("")
          : await formatReport(signed, format satisfies ReportFormat);
      if (output === undefined) process.stdout.write(text);
      else write(text, output, force);
    });
}

function write(text: string, output: string, force: boolean): void {
  const file = new ReportFile(output, { force, option: "--output" });
  try {
    file.write(text);
  } finally {
    file.close();
  }
}
