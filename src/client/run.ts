import type { SignedReport, TaskResult } from "../contract/index.ts";
import { GATHERED_BYTES, Gatherer } from "../foundation/index.ts";
import { ask, type Door } from "./door.ts";
import type { Declined, JobSide } from "./link.ts";
import type { RunJob } from "./portable.ts";

/** A command to run, and whether its output is gathered here. */
export interface RunAsk extends Omit<RunJob, "wantsReport"> {
  readonly gathers: boolean;
  readonly onReport?: ((report: SignedReport) => void) | undefined;
}

export interface RunAnswer extends TaskResult {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/**
 * Runs a command by the daemon.
 * @param sideOf asked for the streams when it can begin, so that progress was shown before they are the task's
 * @throws as `ask`; E_DAEMON where the daemon ends meanwhile
 */
export async function runByDaemon(
  door: Door,
  { gathers, onReport, limits, ...job }: RunAsk,
  sideOf: () => JobSide,
): Promise<RunAnswer | Declined> {
  const link = await ask(
    {
      kind: "run",
      ...job,
      limits:
        gathers && limits?.outputBytes === undefined ? { ...limits, outputBytes: GATHERED_BYTES } : limits,
      wantsReport: onReport !== undefined,
    },
    door,
  );
  if ("declined" in link) return link;
  const gathered = { stdout: new Gatherer(), stderr: new Gatherer() };
  const { stdout = gathered.stdout, stderr = gathered.stderr, ...side } = sideOf();
  const result = await link.begin({ ...side, stdout, stderr, onReport });
  return { ...(result as TaskResult), stdout: gathered.stdout.bytes(), stderr: gathered.stderr.bytes() };
}
