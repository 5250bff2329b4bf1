import type { KernelCheck, KernelPart } from "../contract/index.ts";
import type { GuestMemory } from "../engine/index.ts";
import { asUntrusted, type Untrusted } from "../foundation/index.ts";
import { differingPages, tellDifferences, tellUnexplained } from "./content-check.ts";
import { checkInterruptDescriptors, checkSegmentDescriptors } from "./descriptor-checks.ts";
import type { KernelMap } from "./kernel-map.ts";
import { addressOf, isIn, kernelRegions, pagesOf, type Region } from "./kernel-regions.ts";
import { kernelView, writtenIn, type KernelView } from "./kernel-view.ts";
import { checkPageTables } from "./page-table-check.ts";
import { PartCheck, count, hexAddress, unchecked } from "./part-check.ts";
import { patchSites } from "./patch-sites.ts";
import { checkControlRegisters, checkSystemCallEntry } from "./register-checks.ts";
import { layoutsOf } from "./vm-description.ts";

export const KERNEL_PARTS: readonly KernelPart[] = [
  "text",
  "read-only data",
  "system-call table",
  "interrupt descriptors",
  "segment descriptors",
  "page tables",
  "control registers",
  "system-call entry",
];

interface KernelRequest {
  readonly map: KernelMap;
  readonly memory: GuestMemory;
  readonly pages: Uint32Array;
  /** The template's device state, and the guest's. */
  readonly frozen: Uint8Array;
  readonly state: Untrusted<Uint8Array>;
}

export interface KernelResult {
  readonly kernel: readonly KernelCheck[];
  /** The kernel was just patching itself: what is told as changed may be half of that. */
  readonly unsettled: boolean;
}

/** Compares the guest's kernel with its template's. The kernel's own patching is understood, nothing else is let through. */
export function checkKernel({ map, memory, pages, frozen, state }: KernelRequest): KernelResult {
  if (map.failure !== "") return nothing(map.failure);
  const layouts = layoutsOf(frozen, "cpu");
  const old = kernelView({ state: asUntrusted(frozen), layouts, map }, read("original"), memory.size);
  if (old === undefined) return nothing("the template's device state cannot be understood");
  const now = kernelView({ state, layouts, map }, read("read"), memory.size);
  if (now === undefined) return nothing("the guest's device state is not one that can be understood");
  const regions = kernelRegions(map, old.space);
  const contents = checkContents({ map, memory, pages }, regions, { old, now });
  const kernel = [
    ...contents.checks,
    checkInterruptDescriptors(old, now),
    checkSegmentDescriptors(old, now),
    checkPageTables(regions, now.spaces),
    checkControlRegisters(old.registers, now.registers),
    checkSystemCallEntry(old.registers, now.registers),
  ];
  return { kernel, unsettled: contents.unsettled };

  function read(which: "read" | "original"): (at: number, length: number) => Buffer {
    return (at, length) => memory[which](at, length);
  }
}

/** Nothing is checked, and every part says why. */
export function nothing(why: string): KernelResult {
  return { kernel: KERNEL_PARTS.map((part) => unchecked(part, why)), unsettled: false };
}

type Views = Readonly<Record<"old" | "now", KernelView>>;

function checkContents(
  { map, memory, pages }: Pick<KernelRequest, "map" | "memory" | "pages">,
  regions: readonly Region[],
  views: Views,
): { checks: KernelCheck[]; unsettled: boolean } {
  const written = writtenIn(memory, pages, map);
  const [text, data] = (["text", "read-only data"] as const).map((part) =>
    regions.filter((region) => region.part === part),
  );
  const textResult = checkText(map, text ?? [], { written, views });
  const calls = systemCalls(map, views.old, text ?? []);
  const fixed = new PartCheck("read-only data");
  const table = new PartCheck("system-call table");
  const differing = differingPages({ regions: data ?? [], written });
  for (const page of differing) {
    if (calls !== undefined) {
      tellDifferences(table, page, calls);
      tellDifferences(fixed, page, [0n, calls[0]]);
      tellDifferences(fixed, page, [calls[1], 2n ** 64n]);
    } else tellDifferences(fixed, page);
  }
  const tableCheck =
    calls === undefined
      ? unchecked("system-call table", "this kernel does not tell where it has one")
      : table.done(
          `${count(Number(calls[1] - calls[0]) / 8, "entry").replace("entrys", "entries")} at ${hexAddress(calls[0])}`,
        );
  return {
    checks: [
      textResult.check,
      fixed.done(`${count(pagesOf(data ?? []), "page")}, ${differing.length} changed`),
      tableCheck,
    ],
    unsettled: textResult.unsettled,
  };
}

function checkText(
  map: KernelMap,
  text: readonly Region[],
  { written, views }: { written: ReturnType<typeof writtenIn>; views: Views },
): { check: KernelCheck; unsettled: boolean } {
  const check = new PartCheck("text");
  const differing = differingPages({ regions: text, written });
  const explained = new Map<string, number>();
  let unsettled = 0;
  if (differing.length > 0) {
    const before = views.old.space.read.bind(views.old.space);
    const now = views.now.space.read.bind(views.now.space);
    const sites = patchSites({ map, text, pages: differing, before, now });
    for (const page of differing) {
      const found = tellUnexplained(check, page, { sites, read: now });
      unsettled += found.unsettled;
      for (const [kind, places] of found.kinds) explained.set(kind, (explained.get(kind) ?? 0) + places);
    }
  }
  const why = [...explained].map(([kind, places]) => count(places, kind));
  const reasons = why.length === 0 ? "" : `, explained: ${why.join(", ")}`;
  const detail = `${count(pagesOf(text), "page")}, ${differing.length} changed${reasons}`;
  return { check: check.done(detail), unsettled: unsettled > 0 };
}

const MOST_CALLS = 1024;

/** `[from, end)` of the table: its entries lead into the text, and what follows it does not. */
function systemCalls(map: KernelMap, old: KernelView, text: readonly Region[]): [bigint, bigint] | undefined {
  const from = addressOf(map, "sys_call_table");
  const bytes = from === undefined ? undefined : old.space.read(from, MOST_CALLS * 8);
  if (from === undefined || bytes === undefined) return undefined;
  let entries = 0;
  while (entries < MOST_CALLS && isIn(text, bytes.readBigUInt64LE(entries * 8))) entries++;
  return entries === 0 ? undefined : [from, from + BigInt(entries * 8)];
}
