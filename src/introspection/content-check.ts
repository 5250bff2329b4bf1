import { PAGE } from "./address-space.ts";
import type { Region } from "./kernel-regions.ts";
import { hexAddress, type PartCheck } from "./part-check.ts";
import { BREAKPOINT, type PatchSite } from "./patch-site.ts";

/** Longest stretch that is told as one change. */
const MOST_BYTES = 32;

/** One page of a region that was written to. */
export interface WrittenPage {
  readonly address: bigint;
  readonly before: Buffer;
  readonly now: Buffer;
}

interface ContentRequest {
  readonly regions: readonly Region[];
  /** The page at this guest-physical address, where it was written to. */
  readonly written: (physical: number) => Omit<WrittenPage, "address"> | undefined;
}

/** The pages of the regions that were written to and now differ. */
export function differingPages({ regions, written }: ContentRequest): WrittenPage[] {
  return regions
    .flatMap(({ extents }) => extents)
    .flatMap(({ from, physical, length }) => {
      const found: WrittenPage[] = [];
      for (let at = 0; at < length; at += PAGE) {
        const page = written(physical + at);
        if (page?.before.equals(page.now) === false) found.push({ address: from + BigInt(at), ...page });
      }
      return found;
    });
}

/** Stretches of bytes that differ, as `[from, end)` within the page. */
export function differences({ before, now }: WrittenPage): (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (let at = 0; at < now.length; at++) {
    if (before[at] === now[at]) continue;
    const last = found.at(-1);
    if (at === last?.[1] && at - last[0] < MOST_BYTES) last[1] = at + 1;
    else found.push([at, at + 1]);
  }
  return found;
}

/** Tells every difference of a page. */
export function tellDifferences(
  check: PartCheck,
  page: WrittenPage,
  within?: readonly [bigint, bigint],
): void {
  for (const [from, end] of differences(page)) {
    const address = page.address + BigInt(from);
    if (within !== undefined && (address < within[0] || address >= within[1])) continue;
    check.changed(hexAddress(address), page.before.subarray(from, end), page.now.subarray(from, end));
  }
}

export interface Explained {
  /** What the kernel's own patching explains, by kind. */
  readonly kinds: ReadonlyMap<PatchSite["kind"], number>;
  /** Places that the kernel was just rewriting: look again in a moment. */
  readonly unsettled: number;
}

interface SitesRequest {
  /** By the numbers of the pages that they touch. */
  readonly sites: ReadonlyMap<bigint, readonly PatchSite[]>;
  /** The guest's memory now; sites may cross into the next page. */
  readonly read: (address: bigint, length: number) => Buffer | undefined;
}

/** As `tellDifferences`, but for what the kernel's own patching explains. */
export function tellUnexplained(
  check: PartCheck,
  page: WrittenPage,
  { sites, read }: SitesRequest,
): Explained {
  const near = sites.get(page.address / BigInt(PAGE)) ?? [];
  const patched = { ...page, now: Buffer.from(page.now) };
  const kinds = new Map<PatchSite["kind"], number>();
  let unsettled = 0;
  for (const site of near) {
    const at = Number(site.from - page.address);
    const [first, end] = [Math.max(0, at), Math.min(PAGE, at + site.size)];
    const isSame = page.before.subarray(first, end).equals(page.now.subarray(first, end));
    const bytes = isSame ? undefined : read(site.from, site.size);
    if (bytes === undefined) continue;
    if (site.allows(bytes)) kinds.set(site.kind, (kinds.get(site.kind) ?? 0) + 1);
    else {
      // Told as a change: whoever looks again in a moment sees whether it stays one.
      if (isHalfWritten(site, bytes)) unsettled++;
      continue;
    }
    page.before.copy(patched.now, first, first, end);
  }
  tellDifferences(check, patched);
  return { kinds, unsettled };
}

/** First bytes of all that the kernel writes. */
const OPCODES = [0xe8, 0xe9, 0xeb, 0x0f, 0x66, 0x2e, 0xc3];

function isHalfWritten(site: PatchSite, bytes: Buffer): boolean {
  if (bytes[0] !== BREAKPOINT) return false;
  return OPCODES.some((opcode) => site.allows(Buffer.from([opcode, ...bytes.subarray(1)])));
}
