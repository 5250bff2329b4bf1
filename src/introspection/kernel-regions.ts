import { PAGE, type AddressSpace, type Extent } from "./address-space.ts";
import type { KernelMap } from "./kernel-map.ts";

/** A stretch of the template's kernel that nobody writes to but the kernel's own patching. */
export interface Region {
  readonly part: "text" | "read-only data";
  /** `kernel`, or a module's name. */
  readonly owner: string;
  readonly extents: readonly Extent[];
}

/** Text and read-only data of the kernel and of its modules, as the template's page tables have them. */
export function kernelRegions(map: KernelMap, template: AddressSpace): Region[] {
  const regions: Region[] = [];
  const image = [
    ["text", "_text", "_etext"],
    ["read-only data", "__start_rodata", "__end_rodata"],
  ] as const;
  for (const [part, first, last] of image) {
    const from = addressOf(map, first) ?? 0n;
    const end = roundUp(addressOf(map, last) ?? 0n);
    if (end > from)
      regions.push({ part, owner: "kernel", extents: template.extents(from, Number(end - from)) });
  }
  for (const { name, from, size } of map.modules) {
    const extents = template.extents(BigInt(`0x${from}`), Number(roundUp(BigInt(size))));
    const fixed = extents.filter(({ writable }) => !writable);
    regions.push(
      { part: "text", owner: name, extents: fixed.filter(({ executable }) => executable) },
      { part: "read-only data", owner: name, extents: fixed.filter(({ executable }) => !executable) },
    );
  }
  return regions.filter(({ extents }) => extents.length > 0);
}

export function addressOf(map: KernelMap, symbol: string): bigint | undefined {
  const hex = map.symbols[symbol];
  return hex === undefined ? undefined : BigInt(`0x${hex}`);
}

export function pagesOf(regions: readonly Region[]): number {
  return regions.reduce(
    (sum, { extents }) => sum + extents.reduce((pages, { length }) => pages + length / PAGE, 0),
    0,
  );
}

/** Whether an address is in the text of the kernel or of a module. */
export function isIn(regions: readonly Region[], address: bigint): boolean {
  return regions.some(({ extents }) =>
    extents.some(({ from, length }) => address >= from && address < from + BigInt(length)),
  );
}

function roundUp(address: bigint): bigint {
  const page = BigInt(PAGE);
  return ((address + page - 1n) / page) * page;
}
