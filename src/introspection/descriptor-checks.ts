import type { KernelCheck } from "../contract/index.ts";
import type { AddressSpace } from "./address-space.ts";
import { PartCheck, count, unchecked } from "./part-check.ts";
import type { Registers } from "./processor-state.ts";
import { placeOf } from "./register-checks.ts";

/** A processor with the memory it sees. */
export interface View {
  readonly registers: readonly Registers[];
  readonly space: AddressSpace;
}

interface TableKind {
  readonly part: "interrupt descriptors" | "segment descriptors";
  /** Name of the register without its members. */
  readonly register: "env.idt" | "env.gdt";
  readonly entry: number;
  /** What else must not change. */
  readonly registers: readonly string[];
  readonly allows: (index: number, entry: Buffer) => boolean;
}

const INTERRUPTS: TableKind = {
  part: "interrupt descriptors",
  register: "env.idt",
  entry: 16,
  registers: ["env.idt.base", "env.idt.limit"],
  allows: () => false,
};

const SEGMENTS: TableKind = {
  part: "segment descriptors",
  register: "env.gdt",
  entry: 8,
  registers: ["env.gdt.base", "env.gdt.limit", "env.tr.selector", "env.tr.base", "env.tr.limit"],
  allows: mayHold,
};

export function checkInterruptDescriptors(before: View, now: View): KernelCheck {
  return check(INTERRUPTS, before, now);
}

export function checkSegmentDescriptors(before: View, now: View): KernelCheck {
  return check(SEGMENTS, before, now);
}

function check(kind: TableKind, before: View, now: View): KernelCheck {
  const result = new PartCheck(kind.part);
  let entries = 0;
  for (const [processor, registers] of before.registers.entries()) {
    for (const name of kind.registers) {
      const [expected = 0n, found = 0n] = [registers.get(name), now.registers[processor]?.get(name)];
      if (expected !== found) result.changed(placeOf(name, processor), expected, found);
    }
    const base = registers.get(`${kind.register}.base`) ?? 0n;
    const length = Number(registers.get(`${kind.register}.limit`) ?? 0n) + 1;
    const expected = length > 65_536 ? undefined : before.space.read(base, length);
    if (expected === undefined) return unchecked(kind.part, "the template's table cannot be read");
    const found = now.space.read(base, length);
    if (found === undefined) result.changed(placeOf(kind.register, processor), "mapped", "not mapped");
    else compare(kind, { expected, found, processor }, result);
    entries += Math.floor(length / kind.entry);
  }
  return result.done(
    `${count(entries, "entry").replace("entrys", "entries")}, and the registers that lead to them`,
  );
}

function compare(
  kind: TableKind,
  { expected, found, processor }: { expected: Buffer; found: Buffer; processor: number },
  result: PartCheck,
): void {
  for (let at = 0; at < expected.length; at += kind.entry) {
    const [old, now] = [expected, found].map((table) => table.subarray(at, at + kind.entry));
    if (old === undefined || now === undefined || old.equals(now)) continue;
    const index = at / kind.entry;
    if (!kind.allows(index, now))
      result.changed(`${placeOf(kind.register, processor)} entry ${index}`, old, now);
  }
}

/** Linux's places (arch/x86/include/asm/segment.h): a program's own table, and its thread-local segments. */
const LOCAL_TABLE = [10, 11];
const THREAD_LOCAL = [12, 13, 14];

/** What the kernel itself writes into this entry: a data segment of user programs, or a program's own table. */
function mayHold(index: number, entry: Buffer): boolean {
  const access = entry[5] ?? 0;
  if (THREAD_LOCAL.includes(index)) return entry.every((byte) => byte === 0) || (access & 0x78) === 0x70;
  // Only the first half has a type: present, of the system, not callable, "local descriptor table".
  if (index === LOCAL_TABLE[0]) return entry.every((byte) => byte === 0) || (access & 0x7f) === 2;
  return index === LOCAL_TABLE[1] && entry.readUInt32LE(4) === 0;
}
