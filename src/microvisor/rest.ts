import { setTimeout as wait } from "node:timers/promises";
import type { Machine } from "../engine/index.ts";

/** A program that waits for a person uses much less of a processor, one that opens something uses all that it gets. */
const QUIET_SHARE = 0.2;

const PACE = {
  lookMs: 500,
  /** Longer than a person's browser takes to open a tab: until then a micro-VM with a display waits for it. */
  quietMs: 5000,
  /** What never rests, a film for one, does not put the next standby off for ever. */
  mostMs: 60_000,
};

/**
 * Settles when a machine has nothing to do for anybody: it has ended, it has used little of a processor for some seconds,
 * or a minute has passed. The wait keeps no process alive.
 * @throws AbortError where the signal aborts
 */
export async function atRest(
  machine: Pick<Machine, "usage" | "ended">,
  signal: AbortSignal,
  { lookMs, quietMs: enoughMs, mostMs } = PACE,
): Promise<void> {
  let quietMs = 0;
  let before = machine.usage()?.cpuMs;
  for (let waitedMs = 0; waitedMs < mostMs && quietMs < enoughMs; waitedMs += lookMs) {
    await Promise.race([wait(lookMs, undefined, { ref: false, signal }), machine.ended]);
    const now = machine.usage()?.cpuMs;
    if (before === undefined || now === undefined) return;
    quietMs = now - before <= lookMs * QUIET_SHARE ? quietMs + lookMs : 0;
    before = now;
  }
}
