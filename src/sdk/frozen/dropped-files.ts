import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable, Writable } from "node:stream";
import type { AgentConnection } from "../../channel/index.ts";
import type { WitnessEvent } from "../../contract/index.ts";
import { GIB, MIB, isMayflyError, neutralise, openUntrusted } from "../../foundation/index.ts";
import { writeFailure } from "./write-failure.ts";

/** What malware is handed on with, so that neither scanners nor double clicks open it by mistake. */
const PASSWORD = "infected";
/** Where a task without rights can leave anything. */
const PLACES = ["/home/user", "/tmp", "/var/tmp", "/dev/shm", "/out"] as const;
const MOST_FILES = 10_000;
const MOST_BYTES = 2 * GIB;
const MOST_OF_ONE = 512 * MIB;
const DEEPEST = 32;

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

/** What lies where a task may write, and what the witness saw written elsewhere. Paths are untrusted. */
async function pathsIn(agent: AgentConnection, events: readonly WitnessEvent[]): Promise<string[]> {
  const paths = new Set<string>();
  for (const place of PLACES) {
    const entries = await listed(agent, place);
    for (const { path, kind } of entries) if (kind === "file") paths.add(`${place}/${openUntrusted(path)}`);
  }
  for (const event of events) {
    if (event.kind === "create" || event.kind === "write") paths.add(event.path);
    if (event.kind === "rename" || event.kind === "link") paths.add(event.to);
  }
  return [...paths].sort();
}

async function listed(
  agent: AgentConnection,
  place: string,
): Promise<Awaited<ReturnType<AgentConnection["list"]>>> {
  try {
    return await agent.list(place, { maxEntries: MOST_FILES, maxDepth: DEEPEST });
  } catch (cause) {
    if (isMayflyError(cause, "E_FILE_IN_GUEST")) return []; // the profile has no such directory
    throw cause;
  }
}

/**
 * Puts files of a guest into a new zip archive, encrypted with the password `infected`. The host never looks at what they hold.
 * @throws E_OUTPUT_EXISTS, E_OUTPUT_WRITE, E_DISK_FULL naming the archive; E_GUEST_*
 */
export async function zipDropped(
  agent: AgentConnection,
  events: readonly WitnessEvent[],
  archive: string,
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
    for (const path of (await pathsIn(agent, events)).slice(0, MOST_FILES)) {
      const bytes = await content(agent, path, room);
      if (typeof bytes === "string") refused.push({ path: neutralise(path), why: bytes });
      else {
        room -= bytes.length;
        await zip.add(nameFor(path, kept.length), Readable.toWeb(Readable.from([bytes])) as ReadableStream);
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
async function content(agent: AgentConnection, path: string, room: number): Promise<Buffer | string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of agent.get(path) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > Math.min(room, MOST_OF_ONE)) return "it is larger than what is taken";
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (cause) {
    if (isMayflyError(cause, "E_FILE_IN_GUEST")) return "it is not there any more, or not a regular file";
    throw cause;
  }
}

/** A name that no unpacker takes for a way out of its directory, or for another file's. */
function nameFor(path: string, number: number): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== "." && part !== "..");
  const name = parts.map((part) => neutralise(part.replaceAll("\\", "\\u{5c}"), 200)).join("/");
  return name === parts.join("/") ? name : `${String(number).padStart(4, "0")}-${name}`;
}
