import { rmSync } from "node:fs";
import { join } from "node:path";
import { isMayflyError } from "../../foundation/index.ts";
import { withLock } from "../../process/index.ts";
import { findFrozen, frozenStore, listFrozen, type FrozenVm } from "./frozen-files.ts";

/** How many frozen micro-VMs are kept, and for how many days: each takes up to its memory on disk. The oldest go first. */
export const FROZEN_BOUNDS = { most: 20, days: 30 } as const;

const DAY_MS = 24 * 3_600_000;
const PATIENCE_MS = 60_000;

interface LockRequest {
  readonly store: string;
  /** Whole. */
  readonly id: string;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds to wait for whoever looks into it. Default 1 min. */
  readonly timeoutMs?: number;
}

/** Looks into one, or removes it, while nobody else does. @throws E_LOCKED, E_UNKNOWN_TASK where it was removed meanwhile */
export async function holdFrozen<T>(
  { store, id, signal, timeoutMs = PATIENCE_MS }: LockRequest,
  work: (frozen: FrozenVm) => Promise<T>,
): Promise<T> {
  return await withLock(lockOf(store, id), { signal, timeoutMs }, async () => {
    return await work(findFrozen(store, id));
  });
}

/** @throws E_LOCKED where somebody looks into it, E_UNKNOWN_TASK where it is gone already */
export async function removeFrozen(request: LockRequest): Promise<void> {
  await holdFrozen(request, async ({ directory, id }) => {
    rmSync(directory, { recursive: true, force: true });
    rmSync(lockOf(request.store, id), { force: true }); // whoever waits for it finds that there is nothing any more
    await Promise.resolve();
  });
}

/** Removes those that are too many or too old, but for what somebody looks into. @returns ids of what is gone */
export async function boundFrozen(store: string, now = Date.now()): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const [index, frozen] of listFrozen(store).entries()) {
    const isOld = now - Date.parse(frozen.frozenAt) > FROZEN_BOUNDS.days * DAY_MS;
    if (index < FROZEN_BOUNDS.most && !isOld) continue;
    try {
      await removeFrozen({ store, id: frozen.id, timeoutMs: 0 });
      removed.push(frozen.id);
    } catch (cause) {
      if (!isMayflyError(cause, "E_LOCKED", "E_UNKNOWN_TASK", "E_STORE_UNWRITABLE")) throw cause;
    }
  }
  return removed;
}

function lockOf(store: string, id: string): string {
  return join(frozenStore(store), `${id}.lock`);
}
