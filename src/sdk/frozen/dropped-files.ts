import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable, Writable } from "node:stream";
import type { AgentConnection } from "../../channel/index.ts";
import type { WitnessEvent } from "../../contract/index.ts";
import { GIB, MIB, MayflyError, isMayflyError, neutralise } from "../../foundation/index.ts";
import { leftPaths } from "./left-paths.ts";
import { writeFailure } from "./write-failure.ts";

/** What malware is handed on with, so that neither scanners nor double clicks open it by mistake. */
const PASSWORD = "infected";
const MOST_BYTES = 2 * GIB;
const MOST_OF_ONE = 512 * MIB;
/** How long one file may take: one that is never read to its end is left out. */
const PATIENCE_MS = 60_000;

export interface DroppedFile {
  /** In the guest, neutralised. */
  readonly path: string;
  readonly bytes: number;
}

export interface DroppedFiles {
  readonly kept: readonly DroppedFile[];
  /** Neutralised. */
  readonly refused: readonly { readonly path: string; readonly why: string }[];
}

interface DroppedRequest {
  readonly agent: AgentConnection;
  readonly events: readonly WitnessEvent[];
  readonly signal: AbortSignal | undefined;
  readonly mostFiles: number | undefined;
}

/**
 * Puts files of a guest into a new zip archive, encrypted with the password `infected`. The host never looks at what they hold.
 * @throws E_OUTPUT_EXISTS, E_OUTPUT_WRITE, E_DISK_FULL naming the archive; E_GUEST_*
 */
export async function zipDropped(
  archive: string,
  { agent, events, signal, mostFiles }: DroppedRequest,
): Promise<DroppedFiles> {
  const { ZipWriter, configure } = await import("@zip.js/zip.js");
  configure({ useWebWorkers: false });
  const file = createWriteStream(archive, { flags: "wx", mode: 0o600 });
  const kept: DroppedFile[] = [];
  const refused: { path: string; why: string }[] = [];
  let room = MOST_BYTES;
  await once(file, "open").catch((cause: unknown) => {
    throw writeFailure(archive, cause);
  });
  try {
    // The old cipher: every tool opens it, and it is to keep files from being opened by mistake, not secret.
    const zip = new ZipWriter(Writable.toWeb(file) as WritableStream, {
      password: PASSWORD,
      zipCrypto: true,
    });
    const left = await leftPaths(agent, events, mostFiles);
    refused.push(...left.refused.map(({ path, why }) => ({ path: neutralise(path), why })));
    const names = new Set<string>();
    for (const path of left.paths) {
      signal?.throwIfAborted();
      const bytes = await content(agent.get(path), room, signal);
      if (typeof bytes === "string") refused.push({ path: neutralise(path), why: bytes });
      else {
        room -= bytes.length;
        const name = nameFor(path, names);
        names.add(name);
        await zip.add(name, Readable.toWeb(Readable.from([bytes])) as ReadableStream);
        kept.push({ path: neutralise(path), bytes: bytes.length });
      }
    }
    await zip.close();
    return { kept, refused };
  } catch (cause) {
    await rm(archive, { force: true });
    throw writeFailure(archive, cause);
  }
}

/** @returns why it is left out, where it is */
async function content(stream: Readable, room: number, signal?: AbortSignal): Promise<Buffer | string> {
  const stop = (): void => void stream.destroy(signal?.reason as Error);
  signal?.addEventListener("abort", stop, { once: true });
  const late = setTimeout(() => stream.destroy(new MayflyError("E_GUEST_SILENT", "late")), PATIENCE_MS);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > Math.min(room, MOST_OF_ONE)) return "it is larger than what is taken";
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (cause) {
    if (isMayflyError(cause, "E_FILE_IN_GUEST")) return "it is not there any more, or not a regular file";
    if (isMayflyError(cause, "E_GUEST_SILENT")) return `it did not come within ${PATIENCE_MS / 1000} s`;
    throw cause;
  } finally {
    clearTimeout(late);
    signal?.removeEventListener("abort", stop);
  }
}

/** A name that no unpacker takes for a way out of its directory, and that is not another file's. */
function nameFor(path: string, taken: ReadonlySet<string>): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== "." && part !== "..");
  const name = parts.map((part) => neutralise(part.replaceAll("\\", "\\u{5c}"), 200)).join("/");
  for (let number = 2, free = name; ; number++) {
    if (!taken.has(free)) return free;
    free = `${name} (${number})`;
  }
}
