import { basename } from "node:path";
import type { OpenResult } from "../../contract/index.ts";
import { formatSize, formatTime, neutralise } from "../../foundation/index.ts";
import { reportNote, summary } from "../run/notes.ts";
import { print } from "../terminal/print.ts";
import { styleFor } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";

/** Remarks that are shown one by one. */
const MOST_REMARKS = 8;
const HEADINGS = ["DOCUMENT", "KIND", "PAGES", "SAFE COPY", "SIZE", "TIME", "REMARKS"];

interface How {
  readonly quiet: boolean;
}

/** What `--json` prints of a result. */
export function jsonOf(result: OpenResult): Record<string, unknown> {
  const { outcome } = result;
  const error =
    outcome.kind === "failed"
      ? { code: outcome.code, message: outcome.message, next: outcome.next ?? null }
      : undefined;
  return { ...(error !== undefined && { error }), ...result };
}

/** One document: what it was, what was noticed, where its safe copy is. */
export function tellResult(result: OpenResult, { quiet }: How): void {
  const style = styleFor(process.stderr);
  const { outcome, report } = result;
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  if (!quiet) for (const remark of remarks(result)) say(`${style.unsure("note:")} ${remark}`);
  if (outcome.kind === "failed") {
    say(`${style.bad("mayfly:")} ${shown(result.source)}: ${neutralise(outcome.message, 2000)}`);
    if (outcome.next !== undefined) say(`  ${neutralise(outcome.next, 2000)}`);
  }
  if (report?.disposal.complete === false)
    say(
      `${style.bad("mayfly:")} the micro-VM is NOT proved gone; run \`mayfly ps\`, the next start sweeps what is left`,
    );
  for (const { path } of result.forms) print(neutralise(path, 4096));
  if (quiet || outcome.kind === "failed" || !process.stderr.isTTY) return;
  say(style.dim(facts(result)));
  if (report === undefined) return;
  say(style.dim(summary(report)));
  const note = reportNote(report);
  if (note !== undefined) say(style.dim(note));
}

/** Several documents: a table, and how many were converted. */
export function tellBatch(results: readonly OpenResult[], { quiet }: How): void {
  if (quiet) {
    for (const { forms } of results) for (const { path } of forms) print(neutralise(path, 4096));
    for (const result of results.filter(({ outcome }) => outcome.kind === "failed"))
      tellResult(result, { quiet });
    return;
  }
  const width = process.stdout.isTTY ? process.stdout.columns : undefined;
  const [head = "", ...lines] = table([HEADINGS, ...results.map(row)], { right: [2, 4, 5], width });
  print(styleFor(process.stdout).dim(head));
  for (const line of lines) print(line);
  const failed = results.filter(({ exitCode }) => exitCode !== 0);
  const converted = `${results.length - failed.length} of ${results.length} converted`;
  process.stderr.write(`${converted}${failed.length === 0 ? "" : `; ${failed.length} not`}\n`);
}

function row(result: OpenResult): string[] {
  const { outcome, forms, format, pages, timings } = result;
  const bytes = forms.reduce((sum, file) => sum + file.bytes, 0);
  const [first] = forms;
  const more = forms.length > 1 ? ` and ${forms.length - 1} more` : "";
  const noted = remarks(result);
  return [
    shown(result.source, 40),
    format ?? "–",
    pages > 0 ? String(pages) : "–",
    first === undefined ? "–" : `${neutralise(basename(first.path), 60)}${more}`,
    bytes > 0 ? formatSize(bytes) : "–",
    timings.ended === undefined ? "–" : formatTime(timings.ended),
    outcome.kind === "failed" ? `${outcome.code}: ${neutralise(outcome.message, 300)}` : noted.join("; "),
  ];
}

function remarks({ warnings, report }: OpenResult): string[] {
  const told = [
    ...warnings.map(({ message }) => message),
    ...(report?.warnings ?? []).map((warning) => neutralise(warning)),
    ...(report?.network.streams ?? []).map(
      ({ target: { host, port } }) => `A connection to ${host}:${port} was refused`,
    ),
  ];
  const more = told.length - MOST_REMARKS;
  return more > 0 ? [...told.slice(0, MOST_REMARKS), `… and ${more} more (--json lists them)`] : told;
}

function facts({ format, pages, forms, timings }: OpenResult): string {
  const bytes = forms.reduce((sum, file) => sum + file.bytes, 0);
  const counted = pages > 0 ? ` of ${pages} ${pages === 1 ? "page" : "pages"}` : "";
  return `${format ?? "document"}${counted} · ${formatSize(bytes)} · ${formatTime(timings.ended ?? 0)}`;
}

function shown(source: string, width = 200): string {
  return neutralise(basename(source), width);
}
