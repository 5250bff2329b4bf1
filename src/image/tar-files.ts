import { readSync } from "node:fs";
import { MayflyError } from "../foundation/index.ts";

const BLOCK = 512;

interface TarFile {
  /** Place of its content in the archive. */
  readonly at: number;
  /** Bytes. */
  readonly size: number;
}

/**
 * The regular files of a tar archive (ustar, GNU or pax), in order, without their names.
 * @throws E_IMAGE_BUILD where it is none
 */
export function* regularFiles(descriptor: number, length: number): Generator<TarFile> {
  const header = Buffer.alloc(BLOCK);
  for (let at = 0; at + BLOCK <= length;) {
    readSync(descriptor, header, 0, BLOCK, at);
    if (header.every((byte) => byte === 0)) return;
    if (header.toString("latin1", 257, 262) !== "ustar")
      throw new MayflyError("E_IMAGE_BUILD", `The root file system's archive is broken at ${at}`);
    const size = sizeIn(header);
    const kind = header[156] ?? 0;
    if (kind === 0x30 || kind === 0) yield { at: at + BLOCK, size };
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

/** Octal, or binary where it would not fit. */
function sizeIn(header: Buffer): number {
  if (((header[124] ?? 0) & 0x80) !== 0) return Number(header.readBigUInt64BE(128));
  const size = Number.parseInt(header.toString("latin1", 124, 136), 8);
  return Number.isNaN(size) ? 0 : size;
}

export function isElf(head: Uint8Array): boolean {
  return head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
}
