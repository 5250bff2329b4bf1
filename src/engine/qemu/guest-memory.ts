import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { MayflyError } from "../../foundation/index.ts";
import type { GuestMemory } from "../machine.ts";
import { INSIDE } from "./argv.ts";
import { PAGE, mappingsOf, writtenPages } from "./process-memory.ts";

/** Bytes of pagemap that are read at once: the entries of 512 MiB. */
const CHUNK = 2 ** 20;

/**
 * The RAM of a forked machine, read through `/proc` of its QEMU: which pages it no longer shares with its template, and
 * what is in them. Needs no help of QEMU and no right but the one over a child in a user namespace of our own.
 */
export class ProcessMemory implements GuestMemory {
  readonly size: number;
  readonly #ram: number;
  readonly #memory: number;
  readonly #pagemap: number;
  readonly #maps: ReturnType<typeof mappingsOf>;

  /** @throws E_ENGINE_DIED where the process is gone, E_TEMPLATE where the RAM file is */
  constructor(pid: number, ram: string) {
    try {
      this.#maps = mappingsOf(readFileSync(`/proc/${pid}/maps`, "latin1"), INSIDE.ram);
      this.#memory = openSync(`/proc/${pid}/mem`, "r");
      this.#pagemap = openSync(`/proc/${pid}/pagemap`, "r");
    } catch (cause) {
      throw new MayflyError("E_ENGINE_DIED", "The memory of QEMU cannot be read", { cause });
    }
    this.#ram = openSync(ram, "r");
    this.size = fstatSync(this.#ram).size;
  }

  changedPages(): Uint32Array {
    const changed = new Uint32Array(this.size / PAGE);
    const entries = new Uint8Array(CHUNK);
    let count = 0;
    for (const { from, length, at } of this.#maps) {
      const wanted = (Math.min(length, this.size - at) / PAGE) * 8;
      for (let done = 0; done < wanted; done += CHUNK) {
        const part = Math.min(CHUNK, wanted - done);
        const got = readSync(this.#pagemap, entries, 0, part, (from / PAGE) * 8 + done);
        if (got !== part) throw new MayflyError("E_ENGINE_DIED", "QEMU ended while its memory was looked at");
        const first = at / PAGE + done / 8;
        for (const page of writtenPages(entries.subarray(0, part))) changed[count++] = first + page;
      }
    }
    return changed.slice(0, count);
  }

  read(at: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length;) {
      const map = this.#maps.find((each) => at + done >= each.at && at + done < each.at + each.length);
      if (map === undefined) throw outside(at + done);
      const skip = at + done - map.at;
      const part = Math.min(length - done, map.length - skip);
      if (readSync(this.#memory, bytes, done, part, map.from + skip) !== part)
        throw new MayflyError("E_ENGINE_DIED", "QEMU ended while its memory was read");
      done += part;
    }
    return bytes;
  }

  original(at: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    if (at + length > this.size || readSync(this.#ram, bytes, 0, length, at) !== length) throw outside(at);
    return bytes;
  }

  [Symbol.dispose](): void {
    for (const descriptor of [this.#memory, this.#pagemap, this.#ram]) closeSync(descriptor);
  }
}

function outside(at: number): MayflyError {
  return new MayflyError("E_ENGINE_DIED", `There is no guest memory at ${at.toString(16)}`);
}
