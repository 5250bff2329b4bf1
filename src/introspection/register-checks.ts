import type { KernelCheck } from "../contract/index.ts";
import { PartCheck, count } from "./part-check.ts";
import type { Registers } from "./processor-state.ts";

/**
 * Bits that the kernel changes while it runs: of CR4, global pages (off for a moment when it forgets translations), the
 * time-stamp and performance counters (each program may ask to have them or not).
 */
const LOOSE: ReadonlyMap<string, bigint> = new Map([["env.cr[4]", (1n << 2n) | (1n << 7n) | (1n << 8n)]]);

/** Which pages are cached how belongs to what a processor is told once. */
const CONTROL = ["env.cr[0]", "env.cr[4]", "env.efer", "env.pat"];
const ENTRY = [
  "env.star",
  "env.lstar",
  "env.cstar",
  "env.fmask",
  "env.sysenter_cs",
  "env.sysenter_esp",
  "env.sysenter_eip",
];

export function checkControlRegisters(before: readonly Registers[], now: readonly Registers[]): KernelCheck {
  return compare(new PartCheck("control registers"), CONTROL, { before, now });
}

export function checkSystemCallEntry(before: readonly Registers[], now: readonly Registers[]): KernelCheck {
  return compare(new PartCheck("system-call entry"), ENTRY, { before, now });
}

function compare(
  check: PartCheck,
  names: readonly string[],
  { before, now }: { before: readonly Registers[]; now: readonly Registers[] },
): KernelCheck {
  const known = names.filter((name) => before[0]?.has(name) === true);
  before.forEach((registers, processor) => {
    for (const name of known) {
      const keep = ~(LOOSE.get(name) ?? 0n);
      const [expected = 0n, found = 0n] = [registers.get(name), now[processor]?.get(name)];
      if ((expected & keep) !== (found & keep)) check.changed(placeOf(name, processor), expected, found);
    }
  });
  const shown = known.map(shortName).join(", ");
  return check.done(`${shown} of ${count(before.length, "processor")}`);
}

export function placeOf(register: string, processor: number): string {
  return processor === 0 ? shortName(register) : `${shortName(register)} of processor ${processor}`;
}

/** `env.cr[0]` → `CR0`. */
function shortName(register: string): string {
  return register
    .replace(/^env\./, "")
    .replace(/[[\]]/g, "")
    .toUpperCase();
}
