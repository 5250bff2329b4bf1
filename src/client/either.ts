import type { OpenResult, TaskResult } from "../contract/index.ts";
import type { Declined } from "./link.ts";

/**
 * Does something by the daemon where that takes it, else here.
 * @param byDaemon undefined where it is not to be asked
 * @param note tells in what was done here why a daemon that runs was not used
 */
export async function byDaemonOrHere<T extends object>(
  byDaemon: (() => Promise<T | Declined>) | undefined,
  here: () => Promise<T>,
  note: (done: T, why: string) => T,
): Promise<T> {
  const served = await byDaemon?.();
  if (served !== undefined && !("declined" in served)) return served;
  const done = await here();
  return served?.why === undefined ? done : note(done, served.why);
}

export function noteInTask<T extends TaskResult>(result: T, why: string): T {
  return { ...result, warnings: [...result.warnings, notUsed(why)] };
}

export function noteInDocument(result: OpenResult, why: string): OpenResult {
  return { ...result, warnings: [...result.warnings, { code: "daemon", message: notUsed(why) }] };
}

function notUsed(why: string): string {
  return `the daemon was not used: ${why}`;
}
