import type { GuestMemory } from "../engine/index.ts";
import type { Untrusted } from "../foundation/index.ts";
import { AddressSpace, PAGE, ramPlace } from "./address-space.ts";
import type { WrittenPage } from "./content-check.ts";
import type { KernelMap } from "./kernel-map.ts";
import { addressOf } from "./kernel-regions.ts";
import { processorsIn, type Registers } from "./processor-state.ts";
import type { DeviceLayout } from "./vm-description.ts";

/** One state of a machine: the template's, or the guest's now. */
export interface KernelView {
  readonly registers: readonly Registers[];
  /** What the first processor sees in the kernel. */
  readonly space: AddressSpace;
  /** What each processor sees, and the kernel's own tables. */
  readonly spaces: readonly AddressSpace[];
}

const FIVE_LEVELS = 1n << 12n;
/** Set in CR3 while a processor is on the tables of a user program, which lie beside the kernel's. */
const USER_TABLES = 1n << 12n;

type Reader = (at: number, length: number) => Buffer;

/** @returns undefined where the device state cannot be understood */
export function kernelView(
  { state, layouts, map }: ViewRequest,
  read: Reader,
  size: number,
): KernelView | undefined {
  const registers = processorsIn(state, layouts);
  if (registers === undefined) return undefined;
  const physical = byPage((address) => {
    const at = ramPlace(address, map.lowRam, size);
    return at === undefined || at + PAGE > size ? undefined : read(at, PAGE);
  });
  const levels = ((registers[0]?.get("env.cr[4]") ?? 0n) & FIVE_LEVELS) === 0n ? 4 : 5;
  const spaces = registers.map((each) => {
    const cr3 = each.get("env.cr[3]") ?? 0n;
    return new AddressSpace(physical, { root: map.splitTables ? cr3 & ~USER_TABLES : cr3, levels });
  });
  const [space] = spaces;
  return space === undefined
    ? undefined
    : { registers, space, spaces: [...spaces, ...ownTables(map, space, { physical, levels })] };
}

/** Reads within one page, each page once: page tables and keys of the kernel lie close together. */
function byPage(
  read: (page: number) => Buffer | undefined,
): (address: number, length: number) => Buffer | undefined {
  const known = new Map<number, Buffer | undefined>();
  return (address, length) => {
    const start = address - (address % PAGE);
    if (!known.has(start)) known.set(start, read(start));
    return known.get(start)?.subarray(address - start, address - start + length);
  };
}

interface ViewRequest {
  readonly state: Untrusted<Uint8Array>;
  readonly layouts: readonly DeviceLayout[];
  readonly map: KernelMap;
}

/** The tables that every new program's are copied from. */
function ownTables(
  map: KernelMap,
  space: AddressSpace,
  { physical, levels }: { physical: (address: number, length: number) => Buffer | undefined; levels: 4 | 5 },
): AddressSpace[] {
  const at = addressOf(map, "init_top_pgt");
  const root = at === undefined ? undefined : space.extents(at, PAGE)[0]?.physical;
  return root === undefined ? [] : [new AddressSpace(physical, { root: BigInt(root), levels })];
}

/** Looks a guest-physical page up among those that were written. */
export function writtenIn(
  memory: GuestMemory,
  pages: Uint32Array,
  map: KernelMap,
): (physical: number) => Omit<WrittenPage, "address"> | undefined {
  const isWritten = new Uint8Array(memory.size / PAGE);
  for (const page of pages) isWritten[page] = 1;
  return (physical) => {
    const at = ramPlace(physical, map.lowRam, memory.size);
    if (at === undefined || isWritten[at / PAGE] !== 1) return undefined;
    return { before: memory.original(at, PAGE), now: memory.read(at, PAGE) };
  };
}
