import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { MayflyError, errnoOf, neutralise } from "../../foundation/index.ts";

/** A file that does not change for so long has arrived. */
const SETTLED_MS = 1_000;

/** What people receive; everything else that lands in a directory is not for us. */
const DOCUMENTS = new Set(
  (
    "pdf doc docx docm odt rtf txt md html htm epub xls xlsx xlsm ods csv tsv ppt pptx pptm odp odg " +
    "png jpg jpeg gif webp bmp tif tiff svg eml"
  )
    .split(" ")
    .map((extension) => `.${extension}`),
);

/** Whether a file of that name is opened when it arrives: not our own copies, nor hidden or unfinished ones. */
export function isArrival(name: string): boolean {
  return DOCUMENTS.has(extname(name).toLowerCase()) && !/^[.~]|\.safe(-[^.]*)?\.[a-z]+$/i.test(name);
}

/**
 * Tells documents that arrive in a directory, each once it is complete, and again when it is replaced. What was there
 * at the beginning stays as it is. The directory is looked at every second, which works on any file system.
 */
export class Arrivals {
  readonly #directory: string;
  /** How each file looked when it was told, or at the beginning. */
  readonly #told: Map<string, string>;
  #before = new Map<string, string>();

  /** @throws E_INPUT_MISSING, E_INPUT_KIND, E_INPUT_UNREADABLE */
  static async begin(directory: string): Promise<Arrivals> {
    return new Arrivals(directory, await lookAt(directory));
  }

  private constructor(directory: string, there: Map<string, string>) {
    this.#directory = directory;
    this.#told = there;
  }

  /** What has arrived since; waits a second first. @returns paths */
  async next(signal: AbortSignal): Promise<readonly string[]> {
    await wait(SETTLED_MS, undefined, { signal });
    const now = await lookAt(this.#directory);
    const settled = [...now].filter(
      ([name, look]) => this.#before.get(name) === look && this.#told.get(name) !== look,
    );
    for (const [name, look] of settled) this.#told.set(name, look);
    this.#before = now;
    return settled.map(([name]) => join(this.#directory, name));
  }
}

/** The documents of a directory, and by what one sees that they change. */
async function lookAt(directory: string): Promise<Map<string, string>> {
  const looks = new Map<string, string>();
  for (const name of (await list(directory)).filter(isArrival)) {
    const file = await stat(join(directory, name), { bigint: true }).catch(() => undefined); // it has just gone
    if (file?.isFile() === true && file.size > 0n)
      looks.set(name, `${file.ino} ${file.size} ${file.mtimeNs}`);
  }
  return looks;
}

async function list(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    const errno = errnoOf(cause) ?? "unknown";
    const code =
      errno === "ENOENT" ? "E_INPUT_MISSING" : errno === "ENOTDIR" ? "E_INPUT_KIND" : "E_INPUT_UNREADABLE";
    throw new MayflyError(code, `The directory ${neutralise(directory)} cannot be watched: ${errno}`, {
      cause,
      next: "Name a directory that exists and that you may read.",
    });
  }
}
