import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LimitError, type OutputFile } from "../contract/index.ts";
import { errnoOf, newVmId, placeNew } from "../foundation/index.ts";
import { numbered } from "./output-names.ts";

/** Untrusted files are never executable, set-anything or writable for others, whatever the guest says. */
const FILE_MODE = 0o644;
const MOST_NUMBERS = 10_000;

interface Place {
  /** The directory of the user's. */
  readonly directory: string;
  /** Where unfinished files lie, on the same file system. */
  readonly staging: string;
  /** Below `directory`; checked. */
  readonly path: string;
  /** Replace what is there. */
  readonly force: boolean;
}

interface Allowance {
  /** Bytes that may still come. */
  readonly room: number;
  /** The limit that they are the rest of. */
  readonly outBytes: number;
  readonly signal: AbortSignal;
  /** Called at each piece. */
  readonly alive: () => void;
}

/**
 * Writes a file whole or not at all: in `staging` first, then moved to its place. Nothing is replaced without `force`;
 * a taken name gets a number.
 * @throws LimitError, the signal's reason, what the guest's stream fails with, and errors of the file system
 */
export async function saveFile(content: Readable, place: Place, allowance: Allowance): Promise<OutputFile> {
  const temporary = join(place.staging, newVmId());
  try {
    const bytes = await write(content, temporary, allowance);
    if (!place.force) return { path: await placeBeside(temporary, place), bytes };
    await rename(temporary, join(place.directory, place.path));
    return { path: place.path, bytes };
  } finally {
    await rm(temporary, { force: true }); // the task may go on for long, and what is of no use takes room
  }
}

/** SHA-256 of a file that is not written. @throws LimitError, the signal's reason, what the guest's stream fails with */
export async function digestOf(content: Readable, allowance: Allowance): Promise<string> {
  const hash = createHash("sha256");
  const meter = metered(allowance, () => undefined);
  await pipeline(content, meter, hash, { signal: allowance.signal });
  return hash.digest("hex");
}

/** Passes on what the allowance allows. @param count told of each piece's size */
function metered({ room, outBytes, alive }: Allowance, count: (bytes: number) => void): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      count(chunk.length);
      alive();
      done(bytes > room ? new LimitError("outBytes", outBytes) : null, chunk);
    },
  });
}

async function write(content: Readable, path: string, allowance: Allowance): Promise<number> {
  let bytes = 0;
  const meter = metered(allowance, (more) => {
    bytes += more;
  });
  const file = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    FILE_MODE,
  );
  await pipeline(content, meter, file.createWriteStream(), { signal: allowance.signal });
  return bytes;
}

/** `link` fails on any existing name, so nothing is ever replaced, not even in a race. */
async function placeBeside(temporary: string, { directory, path }: Place): Promise<string> {
  for (let count = 1; ; count++) {
    const name = count === 1 ? path : numbered(path, count);
    try {
      await placeNew(temporary, join(directory, name));
      return name;
    } catch (cause) {
      if (errnoOf(cause) !== "EEXIST" || count > MOST_NUMBERS) throw cause;
    }
  }
}
