import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";
import type { Report, SignedReport } from "../contract/index.ts";
import {
  MayflyError,
  attempt,
  isVmId,
  makeDirectory,
  neutralise,
  storeFailure,
} from "../foundation/index.ts";
import { newOwnedName } from "../process/index.ts";
import { decodeSignedReport, MOST_REPORT_BYTES } from "../report/index.ts";
import { DEFAULT_BOUNDS, reportsIn, sweepAbandoned, type ArchiveBounds } from "./bounds.ts";
import { matches, type ReportQuery } from "./query.ts";
import { seal, type SealedReport } from "./sign.ts";
import { SigningKey } from "./signing-key.ts";
import { stateDirectory } from "./state-directory.ts";
import { countIn } from "./tally-file.ts";

/** A report that is kept. */
export interface StoredReport {
  readonly path: string;
  readonly bytes: number;
  readonly signed: SignedReport;
}

/**
 * The reports of this user, a file each, below the state directory. There is no index that could be wrong: the
 * directory is the list, and a file is there whole or not at all.
 */
export class ReportArchive {
  readonly #state: string;
  readonly #directory: string;
  readonly #bounds: ArchiveBounds;

  constructor(state = stateDirectory(), bounds: Partial<ArchiveBounds> = {}) {
    this.#state = state;
    this.#directory = join(state, "reports");
    this.#bounds = { ...DEFAULT_BOUNDS, ...bounds };
  }

  get state(): string {
    return this.#state;
  }

  /** Signs a report. @throws E_STORE_UNWRITABLE, E_DISK_FULL where there is no key and none can be made */
  async seal(report: Report): Promise<SealedReport> {
    return seal(report, await SigningKey.open(this.#state));
  }

  /** Keeps a sealed report, on disk before this returns. @returns its path @throws E_STORE_UNWRITABLE, E_DISK_FULL */
  put({ signed, bytes }: SealedReport): string {
    const path = join(this.#directory, `${signed.report.result.id}.json`);
    const temporary = join(this.#state, newOwnedName()); // beside those of the key, where few names are to be looked through
    try {
      makeDirectory(this.#directory, 0o700);
      writeDurably(temporary, bytes);
      renameSync(temporary, path);
      flushDirectory(this.#directory);
    } catch (cause) {
      attempt(() => {
        rmSync(temporary, { force: true });
      }, "the next one removes it");
      throw storeFailure(path, cause);
    }
    sweepAbandoned(this.#state);
    countIn({ state: this.#state, directory: this.#directory }, bytes.length, this.#bounds);
    return path;
  }

  /**
   * One report by its id, by an unambiguous beginning of it, or the newest as `last`.
   * @throws E_UNKNOWN_REPORT, E_BAD_REPORT
   */
  get(id: string): StoredReport {
    const path = this.#find(id);
    const stored = this.#read(path);
    if (stored === undefined) throw unknown(`The report ${id} has just been removed`);
    return stored;
  }

  /** The reports that fit, newest first, read one by one as they are asked for. What cannot be read is left out. */
  *search(query: ReportQuery = {}): Generator<StoredReport> {
    for (const { path, stats } of reportsIn(this.#directory)) {
      if (query.since !== undefined && stats.mtimeMs < query.since.getTime()) return;
      const stored = attempt(
        () => this.#read(path, query.text),
        "a damaged one is told of when it is asked for",
      );
      if (stored !== undefined && matches(stored.signed.report, query)) yield stored;
    }
  }

  /** Removes one report. @returns its id @throws E_UNKNOWN_REPORT, E_STORE_UNWRITABLE */
  remove(id: string): string {
    const path = this.#find(id);
    try {
      rmSync(path, { force: true });
    } catch (cause) {
      throw storeFailure(path, cause);
    }
    return idOf(path);
  }

  #find(id: string): string {
    const all = reportsIn(this.#directory).map(({ path }) => path);
    if (id === "last") {
      const [newest] = all;
      if (newest === undefined) throw unknown("There is no report yet");
      return newest;
    }
    const found = id === "" ? [] : all.filter((path) => idOf(path).startsWith(id));
    const [path] = found;
    if (path !== undefined && found.length === 1) return path;
    const shown = neutralise(id, 40);
    throw unknown(
      found.length > 1 ? `"${shown}" begins ${found.length} ids` : `No report has the id "${shown}"`,
    );
  }

  /** Undefined where it is gone, or does not have `text` in it. */
  #read(path: string, text?: string): StoredReport | undefined {
    const stats: Stats | undefined = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined || stats.size > MOST_REPORT_BYTES) return undefined;
    const content = readFileSync(path, "utf8");
    if (text !== undefined && !content.toLowerCase().includes(text.toLowerCase())) return undefined;
    return { path, bytes: stats.size, signed: decodeSignedReport(content) };
  }
}

function idOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.json$/, "");
  return isVmId(name) ? name : "";
}

function writeDurably(path: string, bytes: Buffer): void {
  const descriptor = openSync(path, "wx", 0o600);
  try {
    writeFileSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** So that the name outlives a crash of the machine, too. */
function flushDirectory(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function unknown(message: string): MayflyError {
  return new MayflyError("E_UNKNOWN_REPORT", message, { next: "See `mayfly reports` for what there is." });
}
