import { open, type FileHandle } from "node:fs/promises";
import { errnoOf, MayflyError, MIB } from "../../foundation/index.ts";

/** So much may wait for the disk before writers are asked to wait … */
const HIGH_WATER = 4 * MIB;
/** … and so much before packets are left out. */
const MAX_WAITING = 32 * MIB;

/** A file that grows by whole blocks. What does not fit any more, on the disk or in its bounds, is left out. */
export class CaptureFile {
  private readonly path: string;
  private readonly file: FileHandle;
  private readonly maxBytes: number;
  private readonly waiting: Buffer[] = [];
  private waitingBytes = 0;
  private size = 0;
  private failure: MayflyError | undefined;
  private writing: Promise<void> | undefined;

  private constructor(path: string, file: FileHandle, maxBytes: number) {
    this.path = path;
    this.file = file;
    this.maxBytes = maxBytes;
  }

  /** @throws E_OUTPUT_EXISTS, E_OUTPUT_WRITE */
  static async create(path: string, maxBytes: number): Promise<CaptureFile> {
    try {
      return new CaptureFile(path, await open(path, "wx", 0o600), maxBytes); // it may hold TLS keys
    } catch (cause) {
      if (errnoOf(cause) !== "EEXIST") throw writeFailure(path, cause);
      throw new MayflyError("E_OUTPUT_EXISTS", `${path} exists`, {
        cause,
        next: "Name another file, or remove it.",
      });
    }
  }

  /** Whether writers had better wait for `drained`. */
  get isBehind(): boolean {
    return this.waitingBytes > HIGH_WATER;
  }

  /** Takes a block; false where it is left out. `isLast` may go beyond the bound on size. */
  append(block: Buffer, isLast = false): boolean {
    const fits = this.size + block.length <= this.maxBytes || isLast;
    if (!fits || this.failure !== undefined || this.waitingBytes + block.length > MAX_WAITING) return false;
    this.size += block.length;
    this.waiting.push(block);
    this.waitingBytes += block.length;
    this.writing ??= this.write();
    return true;
  }

  /** Resolves when all that was taken is on the disk, or writing failed. */
  async drained(): Promise<void> {
    while (this.writing !== undefined) await this.writing;
  }

  /** @throws E_OUTPUT_WRITE, E_DISK_FULL where something could not be written */
  async close(): Promise<void> {
    await this.drained();
    try {
      await this.file.close();
    } catch (cause) {
      this.failure ??= writeFailure(this.path, cause);
    }
    if (this.failure !== undefined) throw this.failure;
  }

  private async write(): Promise<void> {
    await Promise.resolve(); // so that `writing` is set, and what comes in one turn is written at once
    while (this.waiting.length > 0) {
      const blocks = this.waiting.splice(0, 512);
      const bytes = Buffer.concat(blocks);
      try {
        for (let at = 0; at < bytes.length;) at += (await this.file.write(bytes, at)).bytesWritten;
      } catch (cause) {
        this.failure ??= writeFailure(this.path, cause);
        this.waiting.length = 0;
        this.waitingBytes = 0;
        break;
      }
      this.waitingBytes -= bytes.length;
    }
    this.writing = undefined;
  }
}

function writeFailure(path: string, cause: unknown): MayflyError {
  const errno = errnoOf(cause) ?? "unknown";
  return new MayflyError(
    errno === "ENOSPC" ? "E_DISK_FULL" : "E_OUTPUT_WRITE",
    `${path} cannot be written: ${errno}`,
    {
      cause,
      next: "Name a file in a directory that exists, that is writable and has room.",
    },
  );
}
