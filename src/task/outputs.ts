import { mkdirSync } from "node:fs";
import { access, constants, lstat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import type { AgentConnection, GuestEntry } from "../channel/index.ts";
import { LimitError, type Limits, type OutputFile, type RefusedOutput } from "../contract/index.ts";
import {
  MayflyError,
  errnoOf,
  isMayflyError,
  makeDirectory,
  neutralise,
  openUntrusted,
  outputFailure,
} from "../foundation/index.ts";
import { digestOf, saveFile } from "./output-file.ts";
import { refusePath } from "./output-names.ts";

/** Directory of the guest that results are left in. */
export const GUEST_OUT = "/out";
/** The agent lists no deeper; what is deeper than the limit is refused entry by entry. */
const DEEPEST_LISTED = 128;
/** A guest that sends nothing for so long while its files are collected is given up. */
const STALL_MS = 20_000;
/** What the host's file system says where something of the user's is in the way. */
const IN_THE_WAY = new Set(["EEXIST", "ENOTDIR", "EISDIR", "ENOTEMPTY"]);
/** … where a name is not for it. */
const BAD_NAME = new Set(["ENAMETOOLONG", "EINVAL", "EILSEQ"]);

interface OutputPolicy {
  /** The directory of the user's. */
  readonly directory: string;
  /** Made by the caller, on the same file system, removed by it. */
  readonly staging: string;
  readonly force: boolean;
  readonly limits: Limits;
  readonly signal: AbortSignal | undefined;
  /** Of files that came out before, by their path in the guest: what they were then is not written again. */
  readonly saved?: ReadonlyMap<string, SavedOutput> | undefined;
}

/** A file that came out before the end, and lies in the user's directory still. */
export interface SavedOutput extends OutputFile {
  readonly sha256: string;
}

/** Makes sure, before anything runs, that results will have a place. @throws E_OUTPUT_WRITE */
export async function prepareOutputDirectory(directory: string): Promise<string> {
  const path = resolve(directory);
  try {
    makeDirectory(path);
    // Asked, not tried: a file that is made to try would stay where Mayfly is killed at that moment.
    await access(path, constants.W_OK | constants.X_OK);
    return path;
  } catch (cause) {
    throw new MayflyError(
      "E_OUTPUT_WRITE",
      `Results cannot be written to ${neutralise(directory)}: ${errnoOf(cause) ?? "unknown"}`,
      { cause, next: "Name a directory that you may write to with --out." },
    );
  }
}

/**
 * Copies regular files and directories from the guest's `/out`. Everything else, and every name that could lead
 * elsewhere or be obeyed by a terminal, stays behind and is told. A taken name gets a number unless `force`.
 * What was kept before a failure stays kept and is told.
 */
export class OutputCollection {
  readonly kept: OutputFile[] = [];
  readonly refused: RefusedOutput[] = [];
  readonly warnings: string[] = [];
  readonly #agent: Pick<AgentConnection, "list" | "get">;
  readonly #policy: OutputPolicy;
  readonly #stalled = new AbortController();
  readonly #signal: AbortSignal;
  #room: number;

  constructor(agent: Pick<AgentConnection, "list" | "get">, policy: OutputPolicy) {
    this.#agent = agent;
    this.#policy = policy;
    this.#room = policy.limits.outBytes;
    this.#signal = AbortSignal.any([
      this.#stalled.signal,
      ...(policy.signal === undefined ? [] : [policy.signal]),
    ]);
  }

  /** @throws LimitError, E_GUEST_SILENT, E_CANCELLED, E_OUTPUT_WRITE, E_DISK_FULL */
  async collect(): Promise<void> {
    const stall = setTimeout(() => {
      this.#stalled.abort(silent());
    }, STALL_MS);
    const alive = (): void => {
      stall.refresh();
    };
    try {
      await Promise.race([this.#all(alive), rejection(this.#signal)]);
    } catch (cause) {
      throw this.#stalled.signal.aborted ? silent() : cause;
    } finally {
      clearTimeout(stall);
    }
  }

  async #all(alive: () => void): Promise<void> {
    // By name, so that the same results come in the same order; parents come before what is in them.
    const entries = (await this.#list()).map((entry) => ({ ...entry, path: openUntrusted(entry.path) }));
    for (const { path, ...entry } of entries.sort((a, b) => (a.path < b.path ? -1 : 1))) {
      alive();
      const why =
        refuseKind(entry) ??
        refusePath(path, this.#policy.limits.outDepth) ??
        (await this.#refuseParents(path));
      const failed =
        why ?? (entry.kind === "directory" ? this.#makeDirectory(path) : await this.#save(path, alive));
      if (failed !== undefined) this.refused.push({ path: neutralise(path), why: failed });
    }
  }

  async #list(): Promise<readonly GuestEntry[]> {
    const { outFiles } = this.#policy.limits;
    try {
      return await this.#agent.list(GUEST_OUT, { maxEntries: outFiles, maxDepth: DEEPEST_LISTED });
    } catch (cause) {
      throw isMayflyError(cause, "E_LIMIT") ? new LimitError("outFiles", outFiles) : cause;
    }
  }

  /** @returns why it was refused */
  async #save(path: string, alive: () => void): Promise<string | undefined> {
    const { directory, staging, force, limits, saved: before } = this.#policy;
    const allowance = { room: this.#room, outBytes: limits.outBytes, signal: this.#signal, alive };
    const content = (): Readable => this.#agent.get(`${GUEST_OUT}/${path}`);
    const earlier = before?.get(path);
    try {
      if (earlier !== undefined) {
        const now = await digestOf(content(), allowance);
        if (now === earlier.sha256) {
          this.#room -= earlier.bytes;
          this.kept.push({ path: earlier.path, bytes: earlier.bytes });
          return undefined;
        }
      }
      const saved = await saveFile(content(), { directory, staging, path, force }, allowance);
      this.#room -= saved.bytes;
      this.kept.push(saved);
      if (saved.path !== path)
        this.warnings.push(
          `${path} exists in ${directory}; the new one is "${saved.path}" (--force replaces)`,
        );
      return undefined;
    } catch (cause) {
      return explain(cause, join(directory, path));
    }
  }

  #makeDirectory(path: string): string | undefined {
    try {
      mkdirSync(join(this.#policy.directory, path));
      return undefined;
    } catch (cause) {
      return errnoOf(cause) === "EEXIST" ? undefined : explain(cause, path);
    }
  }

  /** A link of the user's own inside the directory must not lead a guest's file elsewhere. */
  async #refuseParents(path: string): Promise<string | undefined> {
    const parts = path.split("/").slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) {
      const stat = await lstat(join(this.#policy.directory, ...parts.slice(0, depth))).catch(() => undefined);
      if (stat?.isDirectory() !== true)
        return "its directory did not come back, or is a link or a file on the host";
    }
    return undefined;
  }
}

/** Why one file stays behind; what concerns all of them is thrown. */
function explain(cause: unknown, target: string): string {
  if (isMayflyError(cause, "E_FILE_IN_GUEST")) return "it changed or vanished while it was collected";
  if (cause instanceof MayflyError) throw cause;
  const errno = errnoOf(cause) ?? "";
  if (IN_THE_WAY.has(errno)) return "something of yours with that name is in the way";
  if (BAD_NAME.has(errno)) return "your file system does not take its name";
  if (cause instanceof Error && cause.name === "AbortError") throw cause;
  throw outputFailure(target, cause);
}

function refuseKind({ kind }: Pick<GuestEntry, "kind">): string | undefined {
  if (kind === "file" || kind === "directory") return undefined;
  return kind === "symlink" ? "it is a symbolic link" : "it is not a regular file";
}

function silent(): MayflyError {
  return new MayflyError(
    "E_GUEST_SILENT",
    `The guest sent nothing of /out for ${STALL_MS / 1000} s; what came before was kept`,
  );
}

async function rejection(signal: AbortSignal): Promise<never> {
  return await new Promise<never>((_resolve, reject) => {
    const tell = (): void => {
      reject(new MayflyError("E_CANCELLED", "The task was cancelled", { cause: signal.reason }));
    };
    if (signal.aborted) tell();
    signal.addEventListener("abort", tell, { once: true });
  });
}
