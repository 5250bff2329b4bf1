import { GIB } from "../foundation/index.ts";

export const PAGE = 4096;
const PRESENT = 1n;
const WRITABLE = 2n;
const USER = 4n;
const LARGE = 1n << 7n;
const NO_EXECUTE = 1n << 63n;
const FRAME = 0x000f_ffff_ffff_f000n;
const ENTRIES = 512;

/** A stretch of virtual addresses that leads to one stretch of RAM, all with the same rights. */
export interface Extent {
  readonly from: bigint;
  readonly length: number;
  readonly physical: number;
  readonly writable: boolean;
  readonly executable: boolean;
  readonly user: boolean;
}

/** Place in the RAM file of a guest-physical address; undefined where there is no RAM. microvm puts what does not fit below 4 GiB above it. */
export function ramPlace(physical: number, lowRam: number, size: number): number | undefined {
  const place = physical < lowRam ? physical : physical >= 4 * GIB ? physical - 4 * GIB + lowRam : size;
  return place < size ? place : undefined;
}

interface Table {
  readonly physical: number;
  /** 5 … 1; entries of level 1 lead to pages of 4 KiB. */
  readonly level: number;
  /** Virtual address of its first entry. */
  readonly base: bigint;
  readonly writable: boolean;
  readonly executable: boolean;
  readonly user: boolean;
}

interface Entry {
  readonly entry: bigint;
  /** Virtual address, and how many bytes the entry covers. */
  readonly base: bigint;
  readonly span: bigint;
}

interface Walk {
  readonly start: bigint;
  readonly end: bigint;
  readonly onExtent: (extent: Extent) => void;
}

/** Virtual addresses of a guest (x86-64), by walking its page tables. They are the guest's: nothing in them is believed to be in range. */
export class AddressSpace {
  readonly #read: (physical: number, length: number) => Buffer | undefined;
  readonly #root: Table;
  readonly #tables = new Map<number, Buffer | undefined>();

  /**
   * @param read RAM at a guest-physical address within one page; undefined where there is none
   * @param root value of CR3
   */
  constructor(
    read: (physical: number, length: number) => Buffer | undefined,
    { root, levels }: { readonly root: bigint; readonly levels: 4 | 5 },
  ) {
    this.#read = read;
    this.#root = {
      physical: Number(root & FRAME),
      level: levels,
      base: 0n,
      writable: true,
      executable: true,
      user: true,
    };
  }

  /** What is mapped from `from` on, neighbours that belong together joined. Addresses are canonical, cut to 57 or 48 bits inside. */
  extents(from: bigint, length: number): Extent[] {
    const found: Extent[] = [];
    const mask = (1n << BigInt(12 + 9 * this.#root.level)) - 1n;
    const start = from & mask;
    this.#walk(this.#root, { start, end: start + BigInt(length) }, (extent) => {
      const last = found.at(-1);
      const whole = { ...extent, from: extent.from | (from & ~mask) };
      if (last !== undefined && continues(last, whole))
        found[found.length - 1] = { ...last, length: last.length + whole.length };
      else found.push(whole);
    });
    return found;
  }

  /** Bytes at a virtual address; undefined where some are not mapped to RAM. */
  read(from: bigint, length: number): Buffer | undefined {
    const parts: Buffer[] = [];
    let done = 0;
    for (const extent of this.extents(from, length)) {
      if (extent.from !== from + BigInt(done)) return undefined;
      for (let part = 0; part < extent.length;) {
        const physical = extent.physical + part;
        const step = Math.min(extent.length - part, PAGE - (physical % PAGE));
        const bytes = this.#read(physical, step);
        if (bytes === undefined) return undefined;
        parts.push(bytes);
        part += step;
      }
      done += extent.length;
    }
    return done === length ? Buffer.concat(parts) : undefined;
  }

  #walk(table: Table, range: { start: bigint; end: bigint }, onExtent: (extent: Extent) => void): void {
    const shift = BigInt(12 + 9 * (table.level - 1));
    const span = 1n << shift;
    const entries = this.#table(table.physical);
    if (entries === undefined) return;
    const first = range.start > table.base ? Number((range.start - table.base) >> shift) : 0;
    for (let index = first; index < ENTRIES; index++) {
      const base = table.base + BigInt(index) * span;
      if (base >= range.end) return;
      this.#enter(table, { entry: entries.readBigUInt64LE(index * 8), base, span }, { ...range, onExtent });
    }
  }

  /** Follows one entry of a table. */
  #enter(table: Table, { entry, base, span }: Entry, { start, end, onExtent }: Walk): void {
    if ((entry & PRESENT) === 0n) return;
    const rights = {
      writable: table.writable && (entry & WRITABLE) !== 0n,
      executable: table.executable && (entry & NO_EXECUTE) === 0n,
      user: table.user && (entry & USER) !== 0n,
    };
    const isLeaf = table.level === 1 || (table.level <= 3 && (entry & LARGE) !== 0n);
    if (!isLeaf) {
      const next = { physical: Number(entry & FRAME), level: table.level - 1, base, ...rights };
      this.#walk(next, { start, end }, onExtent);
      return;
    }
    const from = base > start ? base : start;
    const to = base + span < end ? base + span : end;
    const frame = entry & FRAME & ~(span - 1n);
    onExtent({ from, length: Number(to - from), physical: Number(frame + (from - base)), ...rights });
  }

  #table(physical: number): Buffer | undefined {
    if (!this.#tables.has(physical)) this.#tables.set(physical, this.#read(physical, PAGE));
    return this.#tables.get(physical);
  }
}

function continues(last: Extent, next: Extent): boolean {
  return (
    last.from + BigInt(last.length) === next.from &&
    last.physical + last.length === next.physical &&
    last.writable === next.writable &&
    last.executable === next.executable &&
    last.user === next.user
  );
}
