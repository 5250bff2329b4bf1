import { openUntrusted, type Untrusted } from "../../foundation/untrusted.ts";
import { Reader, Writer } from "./bytes.ts";
import { strUpTo, u32, u64, u8 } from "./fields.ts";
import { struct } from "./struct.ts";
import { violation } from "./violation.ts";

export type EntryKind = "file" | "directory" | "symlink" | "other";

/** One thing that a guest listed. */
export interface GuestEntry {
  /** Relative to the listed directory, `/` between names, no `.`, `..` or empty name; each parent was listed before. */
  readonly path: Untrusted<string>;
  readonly kind: EntryKind;
  /** Permission bits, 0 … 0o7777. */
  readonly mode: number;
  /** Bytes, as the guest says; more than 2⁵³ - 1 are given as that. */
  readonly size: number;
}

/** What was asked for, and what the guest is held to. */
export interface ListingLimits {
  /** 0 … 4,294,967,295. */
  readonly maxEntries: number;
  /** Names in a path, 1 … 65,535: with 1, what lies in the directory itself. */
  readonly maxDepth: number;
}

const RECORD = struct("LIST record", { kind: u8, mode: u32, size: u64, path: strUpTo(4096) });
const LETTERS = { file: 0x66, directory: 0x64, symlink: 0x6c, other: 0x6f } as const satisfies Record<
  EntryKind,
  number
>;
const KINDS: ReadonlyMap<number, EntryKind> = new Map([
  [LETTERS.file, "file"],
  [LETTERS.directory, "directory"],
  [LETTERS.symlink, "symlink"],
  [LETTERS.other, "other"],
]);
/** Bytes of a record before its path, the path's length included. */
const FIXED_BYTES = RECORD.least;

/**
 * Decodes the records that LIST streams, however they are cut, and holds them to the limits. What it gives can be
 * made into files under a directory of the host: no path leaves it, and none goes through anything but a directory.
 */
export class ListingDecoder {
  private readonly limits: ListingLimits;
  private readonly buffer = new Uint8Array(RECORD.most);
  private held = 0;
  private wanted = FIXED_BYTES;
  private readonly directories = new Set<string>();
  private count = 0;

  constructor(limits: ListingLimits) {
    this.limits = limits;
  }

  /** The entries that `data` completes. Throws E_GUEST_PROTOCOL. */
  read(data: Untrusted<Uint8Array>): GuestEntry[] {
    const bytes = openUntrusted(data);
    const entries: GuestEntry[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + this.wanted - this.held);
      this.buffer.set(bytes.subarray(at, end), this.held);
      this.held += end - at;
      at = end;
      if (this.held === FIXED_BYTES) this.wanted = FIXED_BYTES + this.pathLength();
      if (this.held === this.wanted) entries.push(this.take());
    }
    return entries;
  }

  /** Call it after the last record. */
  end(): void {
    if (this.held > 0) throw violation("a listing ends within a record");
  }

  private pathLength(): number {
    const from = new Reader(this.buffer.subarray(FIXED_BYTES - 4, FIXED_BYTES));
    const length = from.int(4);
    if (length > RECORD.most - FIXED_BYTES) throw violation(`a listed path of ${length} bytes`);
    return length;
  }

  private take(): GuestEntry {
    const { kind: letter, mode, size, path } = RECORD.read(new Reader(this.buffer.subarray(0, this.held)));
    this.held = 0;
    this.wanted = FIXED_BYTES;
    const kind = KINDS.get(letter);
    if (kind === undefined) throw violation(`a listed kind of ${letter}`);
    if (mode > 0o7777) throw violation(`a listed mode of ${mode}`);
    if (++this.count > this.limits.maxEntries)
      throw violation(`more than ${this.limits.maxEntries} entries listed`);
    this.checkPath(openUntrusted(path), kind);
    return { path, kind, mode, size: Number(size > SAFE ? SAFE : size) };
  }

  private checkPath(path: string, kind: EntryKind): void {
    const names = path.split("/");
    if (names.length > this.limits.maxDepth) throw violation(`a listed path of ${names.length} names`);
    if (names.some((name) => name === "" || name === "." || name === "..")) {
      throw violation("a listed path is not plain and relative");
    }
    const parent = names.slice(0, -1).join("/");
    if (names.length > 1 && !this.directories.has(parent))
      throw violation("a listed path has no listed parent");
    if (kind === "directory") this.directories.add(path);
  }
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** A record as an agent sends it: for tests and golden vectors. */
export function encodeRecord(entry: {
  kind: EntryKind;
  mode: number;
  size: bigint;
  path: string;
}): Uint8Array {
  const out = new Writer(RECORD.most);
  RECORD.write(out, { ...entry, kind: LETTERS[entry.kind] });
  return out.finish();
}
