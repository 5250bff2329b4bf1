import type { KernelCheck } from "../contract/index.ts";
import { PAGE, type AddressSpace, type Extent } from "./address-space.ts";
import { pagesOf, type Region } from "./kernel-regions.ts";
import { PartCheck, count, hexAddress } from "./part-check.ts";

/**
 * Whether each page of the regions is still where it was in the template, in every given address space, and nobody gained
 * a right over it.
 */
export function checkPageTables(regions: readonly Region[], spaces: readonly AddressSpace[]): KernelCheck {
  const check = new PartCheck("page tables");
  for (const extent of regions.flatMap(({ extents }) => extents)) {
    for (const space of spaces) {
      const found = space.extents(extent.from, extent.length);
      const [first] = found;
      if (found.length !== 1 || first === undefined || !isSame(extent, first))
        tellPages(check, extent, found);
    }
  }
  return check.done(`${count(pagesOf(regions), "page")} through ${count(spaces.length, "set")} of tables`);
}

function tellPages(check: PartCheck, extent: Extent, found: readonly Extent[]): void {
  for (let at = 0; at < extent.length; at += PAGE) {
    const address = extent.from + BigInt(at);
    const now = found.find(({ from, length }) => address >= from && address < from + BigInt(length));
    const before = cut(extent, address);
    const page = now === undefined ? undefined : cut(now, address);
    if (page === undefined || !isSame(before, page))
      check.changed(hexAddress(address), say(before), say(page));
  }
}

function cut(extent: Extent, address: bigint): Extent {
  const physical = extent.physical + Number(address - extent.from);
  return { ...extent, from: address, physical, length: PAGE };
}

function isSame(before: Extent, now: Extent): boolean {
  return (
    now.from === before.from &&
    now.length === before.length &&
    now.physical === before.physical &&
    (before.writable || !now.writable) &&
    (before.executable || !now.executable) &&
    (before.user || !now.user)
  );
}

function say(extent: Extent | undefined): string {
  if (extent === undefined) return "not mapped";
  const rights = [extent.writable ? "w" : "-", extent.executable ? "x" : "-", extent.user ? "u" : "-"].join(
    "",
  );
  return `${hexAddress(extent.physical)} ${rights}`;
}
