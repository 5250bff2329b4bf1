import { readFile, stat } from "node:fs/promises";
import type { Outcome, Report, ReportNote, SignedReport, WitnessEvent } from "../contract/index.ts";
import {
  ReportArchive,
  verifySigned,
  type ArchiveBounds,
  type ReportQuery,
  type StoredReport,
  type VerifiedReport,
} from "../archive/index.ts";
import { MayflyError, errnoOf, neutralise } from "../foundation/index.ts";
import { MOST_REPORT_BYTES, noteOf, processTree, treeRows, type TreeRow } from "../report/index.ts";
import type { ReportFormat } from "../report/formats/index.ts";
import { attackMatrix } from "../task/index.ts";

export { saidOf, sayOutcome } from "../report/index.ts";
export type { ReportFormat, ReportQuery, VerifiedReport };

/** What a list shows of a report. */
export interface ReportSummary extends Pick<ReportNote, "id" | "findings" | "gravest"> {
  readonly path: string;
  readonly bytes: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly profile: string;
  readonly command: readonly string[];
  readonly outcome: Outcome;
  readonly exitCode: number;
  /** Whether every step of disposal was seen to be done. */
  readonly gone: boolean;
}

interface Most {
  /** How many are given back; default all. */
  readonly limit?: number | undefined;
}

/** The reports that are kept of this user's tasks. */
export class Reports {
  readonly #archive: ReportArchive;

  /** @param state where they live; default: `MAYFLY_STATE`, else `$XDG_STATE_HOME/mayfly`, else `~/.local/state/mayfly` */
  constructor(state?: string, bounds?: Partial<ArchiveBounds>) {
    this.#archive = new ReportArchive(state, bounds);
  }

  /** One by its id, an unambiguous beginning of it, or `last`. @throws E_UNKNOWN_REPORT, E_BAD_REPORT */
  get(id: string): SignedReport {
    return this.#archive.get(id).signed;
  }

  /** Newest first. */
  list({ limit }: Most = {}): ReportSummary[] {
    return this.search({ limit });
  }

  /** Those that fit, newest first. */
  search({ limit = Infinity, ...query }: ReportQuery & Most): ReportSummary[] {
    const found: ReportSummary[] = [];
    for (const stored of this.#archive.search(query)) {
      if (found.length >= limit) break;
      found.push(summaryOf(stored));
    }
    return found;
  }

  /** @returns the id of what is gone @throws E_UNKNOWN_REPORT, E_STORE_UNWRITABLE */
  remove(id: string): string {
    return this.#archive.remove(id);
  }
}

/**
 * Checks that a report is, byte for byte, what its receipt says, and whose key signed it.
 * @param report path of a file, or its bytes
 * @throws E_BAD_REPORT, E_REPORT_CHANGED, E_INPUT_MISSING, E_INPUT_UNREADABLE
 */
export async function verifyReport(
  report: string | Uint8Array,
  { state }: { readonly state?: string | undefined } = {},
): Promise<VerifiedReport> {
  return verifySigned(typeof report === "string" ? await readReport(report) : Buffer.from(report), state);
}

/** A report in one of the formats that docs/reports.md describes. */
export async function formatReport(signed: SignedReport, format: ReportFormat): Promise<string> {
  const { renderReport } = await import("../report/formats/index.ts");
  const matrix = await attackMatrix();
  return renderReport(signed, format, (id) => matrix.find(id)?.stixId);
}

/** The smallest policy document that a run would have needed, as YAML. */
export async function tightenPolicy(report: Report): Promise<string> {
  const { tighten } = await import("../report/formats/index.ts");
  return tighten(report);
}

/** The process tree of a witness's events, from top to bottom: at most `most` rows. */
export function processRows(events: readonly WitnessEvent[], most: number): readonly TreeRow[] {
  return treeRows(processTree(events), most);
}

async function readReport(path: string): Promise<Buffer> {
  try {
    const file = await stat(path);
    if (!file.isFile() || file.size > MOST_REPORT_BYTES)
      throw new MayflyError(
        "E_BAD_REPORT",
        `${neutralise(path)} is ${file.isFile() ? "larger than any report (64 MiB)" : "no regular file"}`,
      );
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof MayflyError) throw cause;
    const errno = errnoOf(cause) ?? "unknown";
    const isMissing = errno === "ENOENT" || errno === "ENOTDIR";
    const what = isMissing ? "does not exist" : `cannot be read: ${errno}`;
    throw new MayflyError(
      isMissing ? "E_INPUT_MISSING" : "E_INPUT_UNREADABLE",
      `The report ${neutralise(path)} ${what}`,
      {
        cause,
        next: "Name a file that `mayfly report ID --format json` has written.",
      },
    );
  }
}

function summaryOf({ path, bytes, signed: { report } }: StoredReport): ReportSummary {
  const { startedAt, profile, outcome, exitCode, disposal } = report.result;
  const { id, findings, gravest } = noteOf(report, path);
  const { command } = report;
  return {
    id,
    startedAt,
    profile,
    command,
    outcome,
    exitCode,
    gone: disposal.complete,
    findings,
    gravest,
    path,
    bytes,
  };
}
