/** A stretch of a process's address space that maps a file. */
interface Mapping {
  /** Address in the process. */
  readonly from: number;
  readonly length: number;
  /** Place in the file. */
  readonly at: number;
}

export const PAGE = 4096;

/** No process of ours maps its RAM in more pieces. */
const MOST_MAPPINGS = 64;

/** The mappings of the file `path` in the text of `/proc/PID/maps`, in the file's order; those that cannot be understood are left out. */
export function mappingsOf(maps: string, path: string): Mapping[] {
  const found: Mapping[] = [];
  for (const line of maps.split("\n")) {
    const match =
      /^([0-9a-f]{1,14})-([0-9a-f]{1,14}) \S{4} ([0-9a-f]{1,13}) \S+ \d+ +(\S+)(?: \(deleted\))?$/.exec(line);
    if (match?.[4] !== path) continue;
    const [from = 0, end = 0, at = 0] = match.slice(1, 4).map((hex) => Number.parseInt(hex, 16));
    if (end > from && found.length < MOST_MAPPINGS) found.push({ from, length: end - from, at });
  }
  return found.sort((a, b) => a.at - b.at);
}

/** In the upper half of a pagemap entry: in RAM, swapped out, a page of the file or shared. */
const PRESENT = 1 << 31;
const SWAPPED = 1 << 30;
const OF_FILE = 1 << 29;

/**
 * The pages of a private mapping of a file that are no longer the file's: written since it was mapped
 * (Documentation/admin-guide/mm/pagemap.rst in Linux).
 * @param entries what `/proc/PID/pagemap` holds for the mapping, 8 bytes a page
 */
export function writtenPages(entries: Uint8Array): Uint32Array {
  const words = new Uint32Array(entries.buffer, entries.byteOffset, entries.byteLength >>> 2);
  const pages = new Uint32Array(words.length >>> 1);
  let count = 0;
  for (let index = 1; index < words.length; index += 2) {
    const flags = words[index] ?? 0;
    if ((flags & (PRESENT | SWAPPED)) !== 0 && (flags & OF_FILE) === 0) pages[count++] = index >>> 1;
  }
  return pages.slice(0, count);
}
