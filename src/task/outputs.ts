import { constants } from "node:fs";
import { copyFile, link, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AgentConnection, GuestEntry } from "../channel/index.ts";
import { LimitError, type Limits, type OutputFile, type RefusedOutput } from "../contract/index.ts";
import { MayflyError, errnoOf, ignoring, neutralise, newVmId, openUntrusted } from "../foundation/index.ts";
import { numbered, refusePath } from "./output-names.ts";

const GUEST_OUT = "/out";
/** Untrusted files are never executable, set-anything or writable for others, whatever the guest says. */
const FILE_MODE = 0o644;

/** What file systems without hard links answer. */
const WITHOUT_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

export interface Collected {
  readonly kept: readonly OutputFile[];
  readonly refused: readonly RefusedOutput[];
  readonly warnings: readonly string[];
}

interface OutputPolicy {
  /** The directory of the user's. */
  readonly directory: string;
  readonly force: boolean;
  readonly limits: Limits;
}

/** Makes sure, before anything runs, that results will have a place. @throws E_OUTPUT_WRITE */
export async function prepareOutputDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    const probe = join(directory, `.mayfly-${process.pid}.tmp`);
    await (await open(probe, "wx")).close();
    await rm(probe);
  } catch (cause) {
    throw new MayflyError(
      "E_OUTPUT_WRITE",
      `Results cannot be written to ${neutralise(directory)}: ${errnoOf(cause) ?? "unknown"}`,
      {
        cause,
        next: "Name a directory that you may write to with --out.",
      },
    );
  }
}

/**
 * Copies regular files and directories from the guest's `/out`. Everything else, and every name that could lead
 * elsewhere or be obeyed by a terminal, stays behind and is told. A taken name gets a number unless `force`.
 * @throws LimitError, E_OUTPUT_WRITE, E_DISK_FULL
 */
export async function collectOutputs(agent: AgentConnection, policy: OutputPolicy): Promise<Collected> {
  const { limits } = policy;
  const entries = await list(agent, limits);
  const kept: OutputFile[] = [];
  const refused: RefusedOutput[] = [];
  const warnings: string[] = [];
  let room = limits.outBytes;
  for (const entry of entries) {
    const path = openUntrusted(entry.path);
    const why =
      refuseKind(entry) ?? refusePath(path, limits.outDepth) ?? (await refuseParents(policy.directory, path));
    if (why !== undefined) {
      refused.push({ path: neutralise(path), why });
    } else if (entry.kind === "directory") {
      await mkdir(join(policy.directory, path), { recursive: true });
    } else {
      const saved = await save(agent.get(`${GUEST_OUT}/${path}`), path, { ...policy, room });
      room -= saved.bytes;
      kept.push(saved);
      if (saved.path !== path)
        warnings.push(
          `${path} exists in ${policy.directory}; the new one is "${saved.path}" (--force replaces)`,
        );
    }
  }
  return { kept, refused, warnings };
}

async function list(agent: AgentConnection, limits: Limits): Promise<readonly GuestEntry[]> {
  try {
    return await agent.list(GUEST_OUT, { maxEntries: limits.outFiles, maxDepth: limits.outDepth });
  } catch (cause) {
    if (cause instanceof MayflyError && cause.code === "E_LIMIT")
      throw new LimitError("outFiles", limits.outFiles);
    throw cause;
  }
}

function refuseKind({ kind }: GuestEntry): string | undefined {
  if (kind === "file" || kind === "directory") return undefined;
  return kind === "symlink" ? "it is a symbolic link" : "it is not a regular file";
}

/** A link of the user's own inside the directory must not lead a guest's file elsewhere. */
async function refuseParents(directory: string, path: string): Promise<string | undefined> {
  const parts = path.split("/").slice(0, -1);
  for (let depth = 1; depth <= parts.length; depth++) {
    const parent = join(directory, ...parts.slice(0, depth));
    const stat = await lstat(parent).catch(() => undefined);
    if (stat?.isDirectory() !== true)
      return "its directory did not come back, or is a link or a file on the host";
  }
  return undefined;
}

/** Written beside its place under another name first: a file is there whole or not at all. */
async function save(
  content: Readable,
  path: string,
  policy: OutputPolicy & { room: number },
): Promise<OutputFile> {
  const target = join(policy.directory, path);
  const temporary = join(policy.directory, `.mayfly-${newVmId()}.tmp`);
  try {
    const bytes = await write(content, temporary, policy);
    const place = policy.force
      ? await replace(temporary, target, path)
      : await placeBeside(temporary, policy.directory, path);
    return { path: place, bytes };
  } catch (cause) {
    if (cause instanceof MayflyError) throw cause;
    const full = errnoOf(cause) === "ENOSPC" || errnoOf(cause) === "EDQUOT";
    throw new MayflyError(
      full ? "E_DISK_FULL" : "E_OUTPUT_WRITE",
      `Could not write ${neutralise(target)}: ${errnoOf(cause) ?? "unknown"}`,
      {
        cause,
        next: "Make room or name another directory with --out, and run again.",
      },
    );
  } finally {
    await ignoring(
      rm(temporary, { force: true }),
      "it was moved to its place, or the failure is told already",
    );
  }
}

async function write(
  content: Readable,
  path: string,
  { room, limits }: { room: number; limits: Limits },
): Promise<number> {
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > room ? new LimitError("outBytes", limits.outBytes) : null, chunk);
    },
  });
  const file = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    FILE_MODE,
  );
  await pipeline(content, meter, file.createWriteStream());
  return bytes;
}

async function replace(temporary: string, target: string, path: string): Promise<string> {
  await rename(temporary, target);
  return path;
}

/** `link` fails on any existing name, so nothing is ever replaced, not even in a race. */
async function placeBeside(temporary: string, directory: string, path: string): Promise<string> {
  for (let count = 1; ; count++) {
    const name = count === 1 ? path : numbered(path, count);
    try {
      await placeNew(temporary, join(directory, name));
      return name;
    } catch (cause) {
      if (errnoOf(cause) !== "EEXIST" || count > 10_000) throw cause;
    }
  }
}

async function placeNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (cause) {
    if (!WITHOUT_LINKS.has(errnoOf(cause) ?? "")) throw cause;
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}
