import { Command, Option } from "commander";
import { SEVERITIES, type Severity } from "../../contract/index.ts";
import { MayflyError, neutralise } from "../../foundation/index.ts";
import { Reports, sayOutcome, type ReportSummary } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { severityStyle } from "../report/report-view.ts";
import { removeAll } from "../removal.ts";
import { age } from "../terminal/age.ts";
import { printTable } from "../terminal/print.ts";
import { styleFor } from "../terminal/style.ts";

const EXAMPLES = `
Examples:
  mayfly reports
  mayfly reports --since 7d --severity high
  mayfly reports --finding persistence- --profile office
  mayfly reports invoice.docx                      has that text somewhere
  mayfly reports rm m4x
Reports are kept for 90 days, 500 MiB and 10,000 of them; the oldest go first.`;

const DEFAULT_LIMIT = 100;

interface ListOptions {
  readonly since?: Date;
  readonly profile?: string;
  readonly finding?: string;
  readonly severity?: Severity;
  readonly limit?: number;
  readonly json?: boolean;
}

export function reportsCommand(_invocation: Invocation): Command {
  const command = new Command("reports")
    .description("The reports that are kept, newest first.")
    .addHelpText("after", EXAMPLES);
  command
    .command("list", { isDefault: true })
    .description("list reports, all or those that fit")
    .argument("[TEXT]", "those that have this text somewhere")
    .option("--since <AGE>", "not older than this: 30m, 12h, 7d, or a date such as 2026-03-01", readSince)
    .option("--profile <NAME>", "of this kind of machine")
    .option("--finding <RULE>", "with a finding of this rule, or of rules that begin so")
    .addOption(new Option("--severity <LEVEL>", "with a finding at least this grave").choices(SEVERITIES))
    .option("--limit <N>", `at most so many (default: ${DEFAULT_LIMIT})`, Number)
    .option("--json", "print a JSON array")
    .action((text: string | undefined, { json = false, limit = DEFAULT_LIMIT, ...query }: ListOptions) => {
      if (!(Number.isInteger(limit) && limit > 0))
        throw new MayflyError("E_USAGE", "--limit is no number of reports", {
          next: "Give a whole number from 1.",
        });
      const found = new Reports().search({ ...query, text, limit });
      if (json) writeJson(found);
      else
        printTable(["ID", "AGE", "PROFILE", "OUTCOME", "FINDINGS", "COMMAND"], found.map(row), {
          right: [1],
          empty: "No report fits. Each task leaves one: mayfly run -- uname -a",
        });
    });
  command
    .command("rm")
    .description("remove reports")
    .argument("<ID...>", "ids, or beginnings of them")
    .option("--json", "print a JSON array of what was removed")
    .action(async (ids: string[], { json = false }: { json?: boolean }) => {
      const reports = new Reports();
      await removeAll(ids, async (id) => await Promise.resolve([{ name: reports.remove(id) }]), json);
    });
  return command;
}

function row({ id, startedAt, profile, outcome, findings, gravest, command, gone }: ReportSummary): string[] {
  const count = Object.values(findings).reduce((sum, each) => sum + each, 0);
  const found =
    gravest === undefined
      ? "–"
      : severityStyle(gravest.severity, styleFor(process.stdout))(`${count} ${gravest.severity}`);
  return [
    id,
    age(Date.parse(startedAt)),
    neutralise(profile, 40),
    gone ? neutralise(sayOutcome(outcome), 80) : "NOT PROVED GONE",
    found,
    neutralise(command.join(" "), 200),
  ];
}

const AGES: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 24 * 3_600_000,
  w: 7 * 24 * 3_600_000,
};

/** `7d`, `12h` ago, or a date. @throws E_USAGE */
function readSince(text: string): Date {
  const [, count, unit = ""] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const time = count === undefined ? Date.parse(text) : Date.now() - Number(count) * (AGES[unit] ?? 0);
  if (!Number.isNaN(time) && (count !== undefined || /^\d{4}-\d{2}-\d{2}/.test(text))) return new Date(time);
  throw new MayflyError("E_USAGE", `"${neutralise(text, 40)}" is neither an age nor a date`, {
    next: "Write --since 7d, 12h or 30m, or a date such as 2026-03-01.",
  });
}
