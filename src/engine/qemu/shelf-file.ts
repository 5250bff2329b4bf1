import { closeSync, constants, fchmodSync, ftruncateSync, openSync, statfsSync, writeSync } from "node:fs";
import { attempt } from "../../foundation/index.ts";

const MEMORY = "/dev/shm";
const TMPFS_MAGIC = 0x01021994;
/** O_TMPFILE of x86-64, which Node does not name: a file that never has a name. */
const NAMELESS = 0o20000000 | constants.O_DIRECTORY;

/** Bytes in memory that one machine may read and only we write: what is too large for the agent's port. */
export class ShelfFile {
  /** For QEMU, read-only; to be closed with `handedOver`. */
  readonly readEnd: number;
  #writeEnd: number | undefined;

  private constructor(writeEnd: number, readEnd: number) {
    this.#writeEnd = writeEnd;
    this.readEnd = readEnd;
  }

  /** Undefined where this host has no file system in memory: nothing of a task may reach a disk. */
  static make(bytes: number): ShelfFile | undefined {
    if (attempt(() => statfsSync(MEMORY).type, "no such directory") !== TMPFS_MAGIC) return undefined;
    const writeEnd = openSync(MEMORY, constants.O_RDWR | NAMELESS, 0o600);
    try {
      ftruncateSync(writeEnd, bytes);
      const readEnd = openSync(`/proc/self/fd/${writeEnd}`, constants.O_RDONLY);
      fchmodSync(writeEnd, 0); // nobody opens it again
      return new ShelfFile(writeEnd, readEnd);
    } catch (cause) {
      closeSync(writeEnd);
      throw cause;
    }
  }

  /** Puts `bytes` there; false where that is not possible (any more). */
  put(bytes: Uint8Array, at: number): boolean {
    const file = this.#writeEnd;
    if (file === undefined) return false;
    return attempt(() => writeSync(file, bytes, 0, bytes.length, at), "memory is short") === bytes.length;
  }

  handedOver(): void {
    closeSync(this.readEnd);
  }

  close(): void {
    if (this.#writeEnd !== undefined) closeSync(this.#writeEnd);
    this.#writeEnd = undefined;
  }
}
