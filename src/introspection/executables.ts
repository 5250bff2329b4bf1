import { createHash } from "node:crypto";
import type { MemoryRecord, UnexplainedExecutable } from "../contract/index.ts";
import type { GuestMemory } from "../engine/index.ts";
import { PAGE } from "./address-space.ts";
import { hexAddress } from "./part-check.ts";

const MOST_TOLD = 100;
/** Pages that are read at once. */
const BATCH = 256;
/** `\x7fELF`, little-endian. */
const MAGIC = 0x46_4c_45_7f;

const KINDS: ReadonlyMap<number, string> = new Map([
  [1, "object file"],
  [2, "executable"],
  [3, "shared object or position-independent executable"],
  [4, "core dump"],
]);
/** By the class of a file: where its header tells its own size, and that size. */
const FORMS: ReadonlyMap<number, { bits: number; sizeAt: number; size: number }> = new Map([
  [1, { bits: 32, sizeAt: 40, size: 52 }],
  [2, { bits: 64, sizeAt: 52, size: 64 }],
]);
const MACHINES: ReadonlyMap<number, string> = new Map([
  [3, "x86"],
  [40, "ARM"],
  [62, "x86-64"],
  [183, "AArch64"],
  [243, "RISC-V"],
]);

/** What an ELF header says that it begins; undefined where it is no valid one. */
export function elfKind(page: Buffer): string | undefined {
  if (page.length < 64 || page.readUInt32LE(0) !== MAGIC || page[6] !== 1) return undefined;
  const form = FORMS.get(page[4] ?? 0);
  const order = page[5] ?? 0;
  if (form === undefined || order < 1 || order > 2) return undefined;
  const short = (at: number): number => (order === 1 ? page.readUInt16LE(at) : page.readUInt16BE(at));
  const kind = KINDS.get(short(16));
  if (kind === undefined || short(form.sizeAt) !== form.size) return undefined;
  return `ELF ${form.bits}-bit ${MACHINES.get(short(18)) ?? `machine ${short(18)}`} ${kind}`;
}

interface ScanRequest {
  readonly memory: Pick<GuestMemory, "read">;
  readonly pages: Uint32Array;
  /** Guest-physical address of a page of the RAM file. */
  readonly addressOf: (page: number) => number;
  /** Whether a file is known that begins like this. */
  readonly isKnown: (sha256: Buffer) => boolean;
}

/** Heads of programs in pages that the guest wrote, but for those of known files. */
export function findExecutables({
  memory,
  pages,
  addressOf,
  isKnown,
}: ScanRequest): Pick<MemoryRecord, "executables" | "executablesOmitted"> {
  const executables: UnexplainedExecutable[] = [];
  let found = 0;
  for (const [from, end] of runs(pages)) {
    const bytes = memory.read(from * PAGE, (end - from) * PAGE);
    for (let page = from; page < end; page++) {
      const at = (page - from) * PAGE;
      if (bytes.readUInt32LE(at) !== MAGIC) continue;
      const head = bytes.subarray(at, at + PAGE);
      const kind = elfKind(head);
      if (kind === undefined) continue;
      const digest = createHash("sha256").update(head).digest();
      if (isKnown(digest) || ++found > MOST_TOLD) continue;
      executables.push({ address: hexAddress(addressOf(page)), kind, sha256: digest.toString("hex") });
    }
  }
  return { executables, executablesOmitted: found - executables.length };
}

/** Pages that follow each other, as `[from, end)`, no more than a batch each. */
export function* runs(pages: Uint32Array): Generator<readonly [number, number]> {
  for (let index = 0; index < pages.length;) {
    const from = pages[index] ?? 0;
    let length = 1;
    while (length < BATCH && pages[index + length] === from + length) length++;
    yield [from, from + length];
    index += length;
  }
}
