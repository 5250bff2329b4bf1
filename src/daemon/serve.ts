import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { stateDirectory } from "../archive/index.ts";
import {
  MayflyError,
  attempt,
  isMayflyError,
  neutraliseText,
  runDirectory,
  storeFailure,
} from "../foundation/index.ts";
import { startDetached, withLock } from "../process/index.ts";
import { inheritedSocket } from "./activation.ts";
import { Daemon, type DaemonOptions } from "./daemon.ts";

export interface ServeOptions extends Pick<DaemonOptions, "port" | "standby"> {
  /** Ends the daemon. */
  readonly signal: AbortSignal;
  /** Told when it listens. */
  readonly onUp: (daemon: Daemon) => Promise<void>;
}

/** Descriptor on which a detached daemon says that it listens, or why not. */
const READY = "MAYFLY_READY_FD";

/**
 * Is the daemon of this user until somebody ends it; one at a time.
 * @throws E_IN_USE where one runs already, and as `Daemon.open`
 */
export async function serveDaemon({ signal, onUp, ...options }: ServeOptions): Promise<void> {
  const descriptor = inheritedSocket();
  const ready = Number(process.env[READY] ?? Number.NaN);
  Reflect.deleteProperty(process.env, READY);
  try {
    await withLock(join(runDirectory(), "daemon.lock"), { timeoutMs: 0 }, async () => {
      await using daemon = await Daemon.open({ ...options, descriptor });
      await onUp(daemon);
      if (!Number.isNaN(ready)) {
        writeSync(ready, "up\n");
        closeSync(ready);
      }
      const ended = new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => {
          resolve();
        });
      });
      if (!signal.aborted) await Promise.race([ended, daemon.stopped]);
    });
  } catch (cause) {
    if (!isMayflyError(cause, "E_LOCKED")) throw cause;
    throw new MayflyError("E_IN_USE", "Another daemon of yours runs already", {
      cause,
      next: "`mayfly up` says where it is; `mayfly down` ends it.",
    });
  }
}

/**
 * Starts a daemon that outlives us; settles when it listens.
 * @param words how this program is started as the daemon
 * @throws E_DAEMON with the end of its log where it does not come up
 */
export async function launchDaemon(words: readonly [string, ...string[]]): Promise<void> {
  const path = join(stateDirectory(), "daemon.log");
  let log: number;
  try {
    mkdirSync(stateDirectory(), { recursive: true, mode: 0o700 });
    log = openSync(path, "w", 0o600);
  } catch (cause) {
    throw storeFailure(`the log ${path}`, cause);
  }
  try {
    const said = await startDetached(words, { log, env: { ...process.env, [READY]: "3" } });
    if (said.startsWith("up")) return;
  } finally {
    closeSync(log);
  }
  const lines = neutraliseText(attempt(() => readFileSync(path, "utf8"), "there is none") ?? "")
    .trim()
    .split("\n");
  throw new MayflyError("E_DAEMON", "The daemon did not come up", {
    log: lines.slice(-10),
    next: `Its log is ${path}; \`mayfly up\` shows it as it happens.`,
  });
}
