import { open, readFile, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { MayflyError, ignoring, makeDirectory, storeFailure } from "../foundation/index.ts";
import { runTool } from "./run-tool.ts";

export interface LockOptions {
  /** Called once if another process holds the lock, with what is known of it, before the wait. */
  readonly onWait?: (holder: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds to wait for the holder. Default 1 h. */
  readonly timeoutMs?: number;
}

const HELD = 77;

/**
 * Runs `work` while holding the lock `path`, which is made if missing and stays. The lock is the kernel's (flock), so it
 * ends with its holder however that dies: there are no stale locks.
 *
 * Throws `E_LOCKED` when the holder outlasts `timeoutMs`, `E_STORE_UNWRITABLE` or `E_DISK_FULL` where the file cannot be made.
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const file = await openLock(path);
  try {
    await acquire(file, path, options);
    await ignoring(writeHolder(file), "it only says who holds the lock");
    return await work();
  } finally {
    await file.close();
  }
}

async function openLock(path: string): Promise<FileHandle> {
  try {
    makeDirectory(dirname(path));
    return await open(path, "a+", 0o644);
  } catch (cause) {
    throw storeFailure(`the lock file ${path}`, cause);
  }
}

/** flock(1) locks the open file that it shares with us, and its end leaves the lock with us. */
async function acquire(file: FileHandle, path: string, options: LockOptions): Promise<void> {
  const { onWait, signal, timeoutMs = 3_600_000 } = options;
  if (await flock(file, ["--nonblock"], { signal, timeoutMs: 10_000 })) return;
  const holder = (await readFile(path, "utf8")).trim();
  onWait?.(holder === "" ? "another process" : holder);
  if (await flock(file, ["--timeout", String(timeoutMs / 1000)], { signal, timeoutMs: timeoutMs + 10_000 }))
    return;
  throw new MayflyError("E_LOCKED", `${holder} has held the lock ${path} for too long.`, {
    next: "End that process, or wait for it, and run the command again.",
  });
}

async function flock(
  file: FileHandle,
  how: readonly string[],
  options: { signal?: AbortSignal | undefined; timeoutMs: number },
): Promise<boolean> {
  const argv = ["flock", "--exclusive", "--conflict-exit-code", String(HELD), ...how, "3"];
  const { status } = await runTool(argv, { ...options, inherit: [file.fd], accept: [0, HELD] });
  return status === 0;
}

async function writeHolder(file: FileHandle): Promise<void> {
  await file.truncate(0);
  await file.write(`process ${process.pid}\n`);
}
