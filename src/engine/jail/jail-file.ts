import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { MayflyError, asUntrusted, type Untrusted } from "../../foundation/index.ts";

/**
 * Reads a file that a jailed process wrote, as that process sees it. Follows no link at its end, takes no more than `most`
 * bytes. The jail's root is read-only, so only the file itself is the process's to choose.
 * @throws E_ENGINE_DIED, and E_ENGINE_PROTOCOL where it is no file or too large
 */
export function readJailFile(pid: number, path: string, most: number): Untrusted<Uint8Array> {
  let descriptor: number;
  try {
    descriptor = openSync(
      `/proc/${pid}/root${path}`,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
  } catch (cause) {
    throw new MayflyError("E_ENGINE_DIED", `The file ${path} of the jail cannot be read`, { cause });
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size > most)
      throw new MayflyError("E_ENGINE_PROTOCOL", `The file ${path} of the jail has ${stat.size} bytes`);
    const bytes = new Uint8Array(stat.size);
    return asUntrusted(bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0)));
  } finally {
    closeSync(descriptor);
  }
}
