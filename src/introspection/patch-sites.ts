import { PAGE } from "./address-space.ts";
import { jumpLabels } from "./jump-labels.ts";
import type { KernelMap } from "./kernel-map.ts";
import { addressOf, isIn, type Region } from "./kernel-regions.ts";
import type { PatchSite } from "./patch-site.ts";
import { staticCalls, type StaticCallFacts } from "./static-calls.ts";

type Reader = (address: bigint, length: number) => Buffer | undefined;

interface SiteRequest {
  readonly map: KernelMap;
  readonly text: readonly Region[];
  /** The template's memory. */
  readonly before: Reader;
  /** The guest's. */
  readonly now: Reader;
}

interface Table {
  readonly kind: "jump labels" | "static calls";
  readonly from: bigint;
  readonly length: number;
}

/** Kernel tables in its read-only data, by the symbols at their ends, and the sections of modules that are the same. */
const TABLES = [
  ["jump labels", "__start___jump_table", "__stop___jump_table", "__jump_table"],
  ["static calls", "__start_static_call_sites", "__stop_static_call_sites", ".static_call_sites"],
  ["static calls", "__start_static_call_tramp_key", "__stop_static_call_tramp_key", ".static_call_tramp_key"],
] as const;
const LARGEST_TABLE = 2 ** 20;

/** All places where the kernel patches its own text, by the page that they begin in. Read from the template, which nobody has touched. */
export function patchSites({
  map,
  text,
  before,
  now,
}: SiteRequest): ReadonlyMap<bigint, readonly PatchSite[]> {
  const isText = (address: bigint): boolean => isIn(text, address);
  const facts: StaticCallFacts = {
    isText,
    functionOf: (key) => now(key, 8)?.readBigUInt64LE(0),
    returnZero: addressOf(map, "__static_call_return0"),
    returnThunk: addressOf(map, "__x86_return_thunk"),
  };
  const textAt = (address: bigint): Buffer | undefined => (isText(address) ? before(address, 5) : undefined);
  const byPage = new Map<bigint, PatchSite[]>();
  for (const { kind, from, length } of tablesOf(map)) {
    const table = before(from, length);
    if (table === undefined) continue;
    const sites = kind === "jump labels" ? jumpLabels(table, from, textAt) : staticCalls(table, from, facts);
    for (const site of sites) {
      const page = site.from / BigInt(PAGE);
      byPage.set(page, [...(byPage.get(page) ?? []), site]);
    }
  }
  return byPage;
}

function tablesOf(map: KernelMap): Table[] {
  const tables: Table[] = [];
  for (const [kind, first, last, section] of TABLES) {
    const [from, end] = [addressOf(map, first), addressOf(map, last)];
    if (from !== undefined && end !== undefined && end > from && end - from <= LARGEST_TABLE)
      tables.push({ kind, from, length: Number(end - from) });
    for (const module of map.modules) {
      const at = module.sections[section];
      if (at !== undefined) tables.push({ kind, ...sectionOf(module, BigInt(`0x${at}`)) });
    }
  }
  return tables;
}

/** A module does not tell how long its sections are: to the next one, or to its end. What is no entry leads to no text and is left out. */
function sectionOf(module: KernelMap["modules"][number], from: bigint): { from: bigint; length: number } {
  const end = BigInt(`0x${module.from}`) + BigInt(module.size);
  const later = Object.values(module.sections)
    .map((hex) => BigInt(`0x${hex}`))
    .filter((each) => each > from);
  const next = later.reduce((least, each) => (each < least ? each : least), end);
  return { from, length: Math.max(0, Math.min(LARGEST_TABLE, Number(next - from))) };
}
