import { Writable } from "node:stream";
import { daemonSocket, mayUseDaemon, openSession, type LocalTask, type Session } from "../../client/index.ts";
import type { RunRequest, RunResult } from "../../sdk/index.ts";
import type { Work } from "../terminal/with-progress.ts";
import type { CliTask } from "./task-options.ts";
import type { Presentation } from "./presentation.ts";
import { openStreams } from "./streams.ts";

/** Bytes of output that are gathered for `--json`, unless the limit says otherwise. */
const GATHERED_BYTES = 16 * 2 ** 20;

/** What the daemon made of it, or why it was not used, where that should be told; undefined where there is nothing to tell. */
type Served = { readonly result: RunResult } | { readonly declined: string; readonly result?: never };

/**
 * Gives a task to the daemon where one runs that can stand for this process.
 * @throws what making image and template throws there; E_DAEMON where the daemon ends meanwhile
 */
export async function runOnDaemon(
  task: DaemonTask,
  how: Presentation,
  { progress, signal }: Work,
): Promise<Served | undefined> {
  if (how.embedded || task.rules !== undefined || !mayUseDaemon()) return undefined;
  const session = await openSession(daemonSocket(), {
    task: { ...task, ...boundsOf(task, how) },
    hasStdin: mayRead(how),
    wantsReport: how.report !== undefined || how.detonation === true,
    progress: progress.report,
    signal,
  });
  if ("declined" in session)
    return session.why === undefined ? undefined : { declined: `the daemon was not used: ${session.why}` };
  progress.clear();
  return { result: await runIn(session, task, { how, signal }) };
}

type DaemonTask = CliTask & Pick<RunRequest, "report" | "onReport">;

/** As `Mayfly.run` bounds what it gathers. The terminal's real size is told when the task begins. */
function boundsOf(
  { limits }: DaemonTask,
  { gather, streams }: Presentation,
): Pick<LocalTask, "limits" | "terminal"> {
  const gathers = gather && limits?.outputBytes === undefined;
  return {
    limits: gathers ? { ...limits, outputBytes: GATHERED_BYTES } : limits,
    terminal: streams.terminal ? { rows: 24, columns: 80 } : undefined,
  };
}

async function runIn(
  session: Session,
  { onReport }: DaemonTask,
  { how, signal }: { readonly how: Presentation; readonly signal: AbortSignal },
): Promise<RunResult> {
  const leaving = new AbortController();
  const streams = openStreams({ ...how.streams, gather: how.gather }, () => {
    leaving.abort();
  });
  const gathered = { stdout: new Gatherer(), stderr: new Gatherer() };
  try {
    const { stdin, stdout = gathered.stdout, stderr = gathered.stderr, ...rest } = streams.request;
    const result = await session.run({
      ...rest,
      stdin: typeof stdin === "object" && "pipe" in stdin ? stdin : undefined,
      stdout,
      stderr,
      signal: AbortSignal.any([signal, leaving.signal]),
      onReport,
    });
    return { ...result, stdout: gathered.stdout.bytes(), stderr: gathered.stderr.bytes() };
  } finally {
    await streams.close();
  }
}

/** As `openStreams` will decide. */
function mayRead({ streams, gather }: Presentation): boolean {
  return (streams.terminal && !gather) || (streams.stdin ?? !process.stdin.isTTY);
}

class Gatherer extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
