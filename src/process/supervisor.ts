import { spawn, type ChildProcess } from "node:child_process";
import { Readable, type Duplex } from "node:stream";
import { MayflyError, attempt, exhaustion } from "../foundation/index.ts";
import { RecentLog } from "./recent-log.ts";

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child in a process group of its own. Descriptors 3, 4, … of the child are socket pairs, `pipes` our ends. */
export interface SupervisedProcess {
  readonly pid: number;
  readonly stdout: Readable;
  /** What it printed on standard error, last 16 KiB. */
  readonly errors: RecentLog;
  readonly pipes: readonly Duplex[];
  /** Settles when the process has ended and been reaped. Never rejects. */
  readonly exit: Promise<ProcessExit>;
  readonly exited: boolean;
  /** SIGKILL to the whole process group; harmless after its end. */
  kill(): void;
}

interface SpawnRequest {
  readonly argv: readonly [string, ...string[]];
  /** How many socket pairs to hand down from descriptor 3 on. */
  readonly pipes: number;
  /** Descriptors of ours to hand down behind those. */
  readonly files?: readonly number[];
}

/**
 * Starts a long-running process (QEMU in its jail). Signals go only to the group that was made here.
 * @throws E_ENGINE_START where the program cannot be started
 */
export async function spawnSupervised({ argv, pipes, files = [] }: SpawnRequest): Promise<SupervisedProcess> {
  const [file, ...args] = argv;
  const child = spawn(file, args, {
    detached: true,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    cwd: "/",
    stdio: ["ignore", "pipe", "pipe", ...Array.from({ length: pipes }, () => "pipe" as const), ...files],
  });
  if (child.pid === undefined) throw await startFailure(child, file);
  return supervise(child, child.pid, pipes);
}

function supervise(child: ChildProcess, pid: number, pipes: number): SupervisedProcess {
  const errors = new RecentLog();
  child.stderr?.on("data", (chunk: Buffer) => {
    errors.add(chunk);
  });
  let exited = false;
  const exit = new Promise<ProcessExit>((resolve) => {
    child.once("exit", (code, signal) => {
      exited = true;
      resolve({ code, signal });
    });
  });
  const ends = Array.from({ length: pipes }, (_, index) => child.stdio[index + 3] as Duplex);
  // A peer that dies resets its sockets; the exit tells that story, so the reset itself says nothing new.
  for (const end of ends) end.on("error", () => undefined);
  return {
    pid,
    errors,
    exit,
    stdout: child.stdout ?? Readable.from([]),
    pipes: ends,
    get exited() {
      return exited;
    },
    kill() {
      if (!exited) attempt(() => process.kill(-pid, "SIGKILL"), "the group has just ended by itself");
    },
  };
}

async function startFailure(child: ChildProcess, file: string): Promise<MayflyError> {
  const cause = await new Promise<Error>((resolve) => child.once("error", resolve));
  return (
    exhaustion(cause) ??
    new MayflyError("E_ENGINE_START", `Could not start ${file}: ${cause.message}`, {
      cause,
      next: "Run `mayfly doctor` to see what is missing.",
    })
  );
}
