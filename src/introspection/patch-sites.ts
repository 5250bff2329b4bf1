import { PAGE } from "./address-space.ts";
import { jumpLabels } from "./jump-labels.ts";
import type { KernelMap } from "./kernel-map.ts";
import { addressOf, isIn, type Region } from "./kernel-regions.ts";
import { moduleSection } from "./module-section.ts";
import type { PatchSite } from "./patch-site.ts";
import {
  readStaticCalls,
  staticCallSite,
  trampolinesIn,
  type StaticCall,
  type StaticCallFacts,
} from "./static-calls.ts";

type Reader = (address: bigint, length: number) => Buffer | undefined;

interface SiteRequest {
  readonly map: KernelMap;
  readonly text: readonly Region[];
  /** Virtual addresses of the pages that are asked about, and their content in the template. */
  readonly pages: readonly { readonly address: bigint; readonly before: Buffer }[];
  /** The template's memory. */
  readonly before: Reader;
  /** The guest's. */
  readonly now: Reader;
}

interface Table {
  readonly from: bigint;
  readonly length: number;
}

type TableName = readonly [first: string, last: string, section: string];
const JUMPS: TableName = ["__start___jump_table", "__stop___jump_table", "__jump_table"];
const CALLS: TableName = ["__start_static_call_sites", "__stop_static_call_sites", ".static_call_sites"];
const TRAMPOLINES: TableName = [
  "__start_static_call_tramp_key",
  "__stop_static_call_tramp_key",
  ".static_call_tramp_key",
];
const LARGEST_TABLE = 2 ** 20;
/** A site that begins this much before a page reaches into it. */
const LONGEST_SITE = 5;

/**
 * All places in some pages where the kernel patches its own text, by the numbers of the pages that they touch. Read from
 * the template, which nobody has touched.
 */
export function patchSites(request: SiteRequest): ReadonlyMap<bigint, readonly PatchSite[]> {
  const byPage = new Map<bigint, PatchSite[]>();
  for (const site of sitesOf(request)) {
    const first = site.from / BigInt(PAGE);
    const last = (site.from + BigInt(site.size - 1)) / BigInt(PAGE);
    for (let page = first; page <= last; page++) {
      const others = byPage.get(page);
      if (others === undefined) byPage.set(page, [site]);
      else others.push(site);
    }
  }
  return byPage;
}

function sitesOf(request: SiteRequest): PatchSite[] {
  const { map, text, pages, before, now } = request;
  const wanted = new Set(pages.map(({ address }) => address / BigInt(PAGE)));
  const isWanted = (code: bigint): boolean =>
    wanted.has(code / BigInt(PAGE)) || wanted.has((code + BigInt(LONGEST_SITE - 1)) / BigInt(PAGE));
  const facts: StaticCallFacts = {
    isText: (address) => isIn(text, address),
    functionOf: (key) => now(key, 8)?.readBigUInt64LE(0),
    returnZero: addressOf(map, "__static_call_return0"),
    returnThunk: addressOf(map, "__x86_return_thunk"),
  };
  const textAt = (code: bigint): Buffer | undefined =>
    isWanted(code) && facts.isText(code) ? before(code, LONGEST_SITE) : undefined;
  const calls = [...callsIn(request, CALLS), ...callsIn(request, TRAMPOLINES)];
  return [
    ...tablesOf(map, JUMPS).flatMap(({ from, length }) =>
      jumpLabels(before(from, length) ?? Buffer.alloc(0), from, textAt),
    ),
    ...calls
      .filter(({ code }) => isWanted(code) && facts.isText(code))
      .map(({ code, key }) => staticCallSite(code, [key], facts)),
    ...trampolineSites(request, calls, facts),
  ];
}

/** A trampoline belongs to the keys that led where it leads in the template. */
function trampolineSites(
  { pages, before }: SiteRequest,
  calls: readonly StaticCall[],
  facts: StaticCallFacts,
): PatchSite[] {
  const trampolines = pages.flatMap(({ address, before: page }) => trampolinesIn(address, page));
  if (trampolines.length === 0) return [];
  const keysOf = new Map<bigint, bigint[]>();
  for (const key of new Set(calls.map((call) => call.key))) {
    const target = before(key, 8)?.readBigUInt64LE(0);
    if (target !== undefined) keysOf.set(target, [...(keysOf.get(target) ?? []), key]);
  }
  return trampolines.map(({ code, target }) => staticCallSite(code, keysOf.get(target) ?? [], facts));
}

function callsIn({ map, before }: SiteRequest, name: TableName): StaticCall[] {
  return tablesOf(map, name).flatMap(({ from, length }) => [
    ...readStaticCalls(before(from, length) ?? Buffer.alloc(0), from),
  ]);
}

/** The kernel's own table, and those of its modules. */
function tablesOf(map: KernelMap, [first, last, section]: TableName): Table[] {
  const [from, end] = [addressOf(map, first), addressOf(map, last)];
  const own =
    from !== undefined && end !== undefined && end > from && end - from <= LARGEST_TABLE
      ? [{ from, length: Number(end - from) }]
      : [];
  return [...own, ...map.modules.flatMap((module) => moduleSection(module, section) ?? [])];
}
