import { closeSync, openSync, readFileSync, readSync, readdirSync } from "node:fs";
import { attempt } from "../../src/foundation/index.ts";

const PIECE = 4 * 1024 * 1024;

/** The QEMU of a micro-VM, with the guest's memory in it. */
export function engineOf(id: string): number {
  const found = readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    const words =
      attempt(() => readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0"), "it has ended") ?? [];
    return words[0]?.includes("qemu-system") === true && words.some((word) => word.includes(`mayfly-${id}`));
  });
  if (found.length !== 1) throw new Error(`${found.length} processes are the engine of ${id}`);
  return Number(found[0]);
}

export interface Scan {
  /** How often each was found. */
  readonly found: Readonly<Record<string, number>>;
  readonly bytes: number;
}

/** Looks for texts in all memory of a process that can be read: of a QEMU, that is the guest's too, to the last page. */
export function scanMemory(pid: number, texts: readonly string[]): Scan {
  const needles = texts.map((text) => Buffer.from(text));
  const overlap = Math.max(...needles.map(({ length }) => length)) - 1;
  const found = Object.fromEntries(texts.map((text) => [text, 0]));
  const memory = openSync(`/proc/${pid}/mem`, "r");
  const piece = Buffer.alloc(PIECE + overlap);
  let bytes = 0;
  for (const [from, to] of readable(pid))
    for (let at = from; at < to; at += PIECE) {
      const size = Math.min(PIECE + overlap, to - at);
      const count = attempt(() => readSync(memory, piece, 0, size, at), "a device's, or gone") ?? 0;
      bytes += Math.min(count, PIECE);
      for (const [i, text] of texts.entries())
        found[text] = (found[text] ?? 0) + occurrences(piece.subarray(0, count), needles[i] ?? piece);
    }
  closeSync(memory);
  return { found, bytes };
}

function readable(pid: number): [number, number][] {
  return readFileSync(`/proc/${pid}/maps`, "latin1")
    .split("\n")
    .flatMap((line): [number, number][] => {
      const parts = /^([0-9a-f]+)-([0-9a-f]+) r\S+ .*$/.exec(line);
      if (parts === null || line.endsWith("[vsyscall]") || line.endsWith("[vvar]")) return [];
      return [[Number.parseInt(parts[1] ?? "", 16), Number.parseInt(parts[2] ?? "", 16)]];
    });
}

function occurrences(bytes: Buffer, needle: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + 1)) count++;
  return count;
}
