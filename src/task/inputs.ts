import { constants } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import { Readable } from "node:stream";
import type { AgentConnection } from "../channel/index.ts";
import type { TaskInput } from "../contract/index.ts";
import { KIB, MayflyError, errnoOf, formatSize, neutralise } from "../foundation/index.ts";

/** An input that is open, so that what was checked is what is read. */
export interface OpenInput {
  readonly name: string;
  readonly path: string;
  readonly handle: FileHandle;
  readonly seen: BigIntStats;
}

const EXECUTABLE = 0o111n;
const CHUNK = 64 * KIB;
const SMALL = 256n * BigInt(KIB);

/**
 * Opens every input before anything is started.
 * @throws E_INPUT_MISSING, E_INPUT_UNREADABLE, E_INPUT_KIND, E_INPUT_TOO_LARGE naming the file
 */
export async function openInputs(
  inputs: readonly Required<TaskInput>[],
  memory: number,
): Promise<OpenInput[]> {
  const opened: OpenInput[] = [];
  try {
    for (const input of inputs) opened.push(await openInput(input));
    requireRoom(opened, memory);
    return opened;
  } catch (cause) {
    await closeInputs(opened);
    throw cause;
  }
}

export async function closeInputs(inputs: readonly OpenInput[]): Promise<string> {
  await Promise.all(
    inputs.map(async ({ handle }) => {
      await handle.close();
    }),
  );
  return `${inputs.length} closed`;
}

/** Copies the inputs to `/in` of the guest, which then becomes read-only. @throws E_INPUT_CHANGED, E_FILE_IN_GUEST */
export async function deliverInputs(agent: AgentConnection, inputs: readonly OpenInput[]): Promise<void> {
  await Promise.all(
    inputs.map(async (input) => {
      await deliver(agent, input);
    }),
  );
  await agent.seal("/in");
}

async function deliver(agent: AgentConnection, { handle, name, path, seen }: OpenInput): Promise<void> {
  const mode = (seen.mode & EXECUTABLE) === 0n ? 0o444 : 0o555;
  const file = { path: `/in/${name}`, mode, owner: "" };
  const count = { bytes: 0n };
  // A small file goes as one buffer: a stream costs more than its content.
  if (seen.size <= SMALL) {
    const content = await handle.readFile();
    count.bytes = BigInt(content.length);
    await agent.put(file, content);
  } else {
    await agent.put(
      file,
      Readable.from(chunksOf(handle, count), { objectMode: false, highWaterMark: CHUNK }),
    );
  }
  const now = await handle.stat({ bigint: true });
  if (now.size !== seen.size || now.mtimeNs !== seen.mtimeNs || count.bytes !== seen.size) {
    throw new MayflyError("E_INPUT_CHANGED", `${neutralise(path)} changed while it was read`, {
      next: "Let whatever writes it finish, or copy it first.",
    });
  }
}

async function* chunksOf(handle: FileHandle, count: { bytes: bigint }): AsyncGenerator<Buffer> {
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK);
    if (bytesRead === 0) return;
    count.bytes += BigInt(bytesRead);
    yield buffer.subarray(0, bytesRead);
  }
}

async function openInput({ path, name }: Required<TaskInput>): Promise<OpenInput> {
  try {
    // Looked at before it is opened: opening a FIFO or a device may block or do something.
    const kind = await stat(path);
    if (!kind.isFile()) throw wrongKind(path, kind.isDirectory());
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { name: name ?? "", path, handle, seen: await handle.stat({ bigint: true }) };
  } catch (cause) {
    const errno = errnoOf(cause);
    if (cause instanceof MayflyError || errno === undefined) throw cause;
    const missing = errno === "ENOENT" || errno === "ENOTDIR";
    throw new MayflyError(
      missing ? "E_INPUT_MISSING" : "E_INPUT_UNREADABLE",
      `The input ${neutralise(path)} ${missing ? "does not exist" : `cannot be read (${errno})`}`,
      {
        cause,
        next: missing ? "Check the name; the command to run comes after `--`." : "Check its rights (ls -l).",
      },
    );
  }
}

function wrongKind(path: string, isDirectory: boolean): MayflyError {
  return isDirectory
    ? new MayflyError("E_INPUT_KIND", `The input ${neutralise(path)} is a directory; inputs are files`, {
        next: "Name its files (mayfly run DIR/* -- …), or pack it: tar c DIR | mayfly run -- tar x.",
      })
    : new MayflyError(
        "E_INPUT_KIND",
        `The input ${neutralise(path)} is not a regular file (FIFO, socket or device)`,
        {
          next: "Pipe it in instead: mayfly run -- COMMAND < FILE.",
        },
      );
}

/** Inputs lie in guest memory, half of which its file systems may fill. */
function requireRoom(inputs: readonly OpenInput[], memory: number): void {
  const total = Number(inputs.reduce((sum, { seen }) => sum + seen.size, 0n));
  if (total <= memory / 2) return;
  const wanted = Math.ceil((total * 2.5) / 2 ** 20 / 256) * 256;
  throw new MayflyError(
    "E_INPUT_TOO_LARGE",
    `The inputs are ${formatSize(total)}; a machine with ${formatSize(memory)} of memory takes ${formatSize(memory / 2)}`,
    {
      next: `Ask for more memory (--memory ${wanted}M), or pipe the data in: COMMAND < FILE.`,
    },
  );
}
