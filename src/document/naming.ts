import { basename, dirname, extname, resolve } from "node:path";
import type { DocumentChoices } from "../contract/index.ts";
import { cutToBytes, neutralise } from "../foundation/index.ts";

/** Room that is left in a file name for `.safe-SHEET.csv`. */
const LONGEST_STEM = 150;
const UNFIT = /\\u\{[0-9a-f]+\}|[\u0000-\u001f\u007f/\\]/g; // eslint-disable-line no-control-regex -- to replace them

/** What a document is called, for people, for the guest and for its safe copies. */
export interface DocumentNames {
  /** Neutralised. */
  readonly shown: string;
  /** In the guest: of the host's name it learns no more than the extension. */
  readonly inside: string;
  /** Of the safe copies, without extension: `invoice.safe`. */
  readonly stem: string;
  /** Absolute; "" for a stream. */
  readonly path: string;
  /** Where safe copies go. */
  readonly directory: string;
}

/** What names are made of: a file's path, or what a stream is called. */
export interface NameSource {
  readonly path?: string | undefined;
  /** Its extension helps to tell kinds of text apart. */
  readonly name?: string | undefined;
}

/** How safe copies are to be named. */
type Naming = Pick<DocumentChoices, "out" | "wholeName">;

export function nameDocument({ path, name }: NameSource, { out, wholeName = false }: Naming): DocumentNames {
  const own = basename(name ?? path ?? "document");
  const extension = /^\.[A-Za-z0-9]{1,8}$/.exec(extname(own))?.[0].toLowerCase() ?? "";
  return {
    shown: neutralise(own, 200),
    inside: `document${extension}`,
    stem: `${stemOf(own, wholeName ? "" : extname(own))}.safe`,
    path: path === undefined ? "" : resolve(path),
    directory: resolve(out ?? (path === undefined ? "." : dirname(path))),
  };
}

/** The name without extension, with all that a terminal or a file manager could stumble on replaced. */
function stemOf(name: string, extension: string): string {
  const stem = neutralise(name.slice(0, name.length - extension.length), LONGEST_STEM * 2).replace(
    UNFIT,
    "_",
  );
  return cutToBytes(stem, LONGEST_STEM) || "document";
}

/**
 * Which of several documents need their whole names, so that no two safe copies are to have one name.
 * @returns for each path whether it does
 */
export function needWholeNames(paths: readonly string[], out: string | undefined): boolean[] {
  const keys = paths.map((path) => {
    const { directory, stem } = nameDocument({ path }, { out });
    return `${directory}/${stem}`.toLowerCase();
  });
  const count = new Map<string, number>();
  for (const key of keys) count.set(key, (count.get(key) ?? 0) + 1);
  return keys.map((key) => (count.get(key) ?? 0) > 1);
}
