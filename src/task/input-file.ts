import { constants, type BigIntStats } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import type { TaskInput } from "../contract/index.ts";
import { KIB, MayflyError, errnoOf, neutralise } from "../foundation/index.ts";
import type { OpenInput } from "./open-input.ts";

const EXECUTABLE = 0o111n;
const CHUNK = 64 * KIB;
const SMALL = 256 * KIB;

/** Opens a file once, so that what was checked is what is read. @throws E_INPUT_* naming the file */
export async function openFileInput({ path, name }: Required<TaskInput>): Promise<OpenInput> {
  try {
    // Looked at before it is opened: opening a FIFO or a device may block or do something.
    const kind = await stat(path);
    if (!kind.isFile()) throw wrongKind(path, kind.isDirectory());
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return fileInput({ name: name ?? "", path }, handle, await handle.stat({ bigint: true }));
  } catch (cause) {
    const errno = errnoOf(cause);
    if (cause instanceof MayflyError || errno === undefined) throw cause;
    const missing = errno === "ENOENT" || errno === "ENOTDIR";
    throw new MayflyError(
      missing ? "E_INPUT_MISSING" : "E_INPUT_UNREADABLE",
      `The input ${neutralise(path)} ${missing ? "does not exist" : `cannot be read (${errno})`}`,
      {
        cause,
        next: missing ? "Check the name." : "Check its rights (ls -l).",
      },
    );
  }
}

function fileInput(
  { name, path }: { name: string; path: string },
  handle: FileHandle,
  seen: BigIntStats,
): OpenInput {
  const size = Number(seen.size);
  return {
    name,
    mode: (seen.mode & EXECUTABLE) === 0n ? 0o444 : 0o555,
    size,
    // A small file goes as one buffer: a stream costs more than its content.
    read: async () => (size <= SMALL ? await handle.readFile() : chunksOf(handle)),
    verify: async (bytes) => {
      const now = await handle.stat({ bigint: true });
      if (now.size === seen.size && now.mtimeNs === seen.mtimeNs && bytes === size) return;
      throw new MayflyError("E_INPUT_CHANGED", `${neutralise(path)} changed while it was read`, {
        next: "Let whatever writes it finish, or copy it first.",
      });
    },
    close: async () => {
      await handle.close();
    },
  };
}

async function* chunksOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

function wrongKind(path: string, isDirectory: boolean): MayflyError {
  return isDirectory
    ? new MayflyError("E_INPUT_KIND", `The input ${neutralise(path)} is a directory; inputs are files`, {
        next: "Name the files in it (DIR/*), or pack it and name the archive.",
      })
    : new MayflyError(
        "E_INPUT_KIND",
        `The input ${neutralise(path)} is not a regular file (FIFO, socket or device)`,
        {
          next: "Pipe its content in instead: … < FILE.",
        },
      );
}
