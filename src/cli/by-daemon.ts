import { byDaemonOrHere, mayUseDaemon, type Declined, type Door } from "../client/index.ts";
import type { Limits } from "../contract/index.ts";
import type { Mayfly } from "../sdk/index.ts";
import { requireSystem } from "./readiness.ts";
import type { Work } from "./terminal/with-progress.ts";

/** What a command says of where it is done, and what must be there for it. */
export interface Doing {
  readonly profile: string;
  readonly limits: Partial<Limits> | undefined;
  /** Files of rules: a daemon has its own. */
  readonly rules: readonly string[] | undefined;
  /** Not by the daemon. */
  readonly embedded: boolean;
  /** Install missing system packages without asking. */
  readonly yes: boolean;
}

/** The same thing, done in two ways. */
export interface Ways<T extends object> {
  readonly byDaemon: (door: Door) => Promise<T | Declined>;
  readonly here: (mayfly: Mayfly) => Promise<T>;
  /** Tells in what was done why a daemon that runs was not used. */
  readonly note: (done: T, why: string) => T;
}

/**
 * Does a command's work by the daemon where one runs that can stand for this process, else in this process; what makes
 * micro-VMs is loaded only then. System packages, image and template are there before the work begins.
 * @throws what making these throws, and E_DAEMON where the daemon ends meanwhile
 */
export async function doing<T extends object>(
  { profile, limits, rules, embedded, yes }: Doing,
  { progress, signal }: Work,
  { byDaemon, here, note }: Ways<T>,
): Promise<T> {
  const mayAsk = !embedded && rules === undefined && mayUseDaemon();
  return await byDaemonOrHere(
    mayAsk ? async () => await byDaemon({ progress: progress.report, signal }) : undefined,
    async () => {
      const { Mayfly } = await loadSdk();
      await requireSystem({ progress, yes, signal });
      await using mayfly = await Mayfly.open({ progress: progress.report, signal, rules, daemon: false });
      await mayfly.prepare(profile, { limits });
      return await here(mayfly);
    },
    note,
  );
}

/** A function of its own: the compiler leaves the names of modules as they are in one that has `await using`. */
async function loadSdk(): Promise<{ Mayfly: typeof Mayfly }> {
  return await import("../sdk/index.ts");
}
