import { basename, dirname, extname, resolve } from "node:path";
import { neutralise } from "../foundation/index.ts";

/** Room that is left in a file name for `.safe-SHEET.csv`. */
const LONGEST_STEM = 150;
const UNFIT = /[\u0000-\u001f\u007f/\\]|\\u\{[0-9a-f]+\}/g; // eslint-disable-line no-control-regex -- to replace them

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

/** @param path of the document, or undefined where it comes as a stream that is called `name` */
export function nameDocument(
  path: string | undefined,
  name: string | undefined,
  out: string | undefined,
): DocumentNames {
  const own = basename(name ?? path ?? "document");
  const extension = /^\.[A-Za-z0-9]{1,8}$/.exec(extname(own))?.[0].toLowerCase() ?? "";
  return {
    shown: neutralise(own, 200),
    inside: `document${extension}`,
    stem: `${stemOf(own)}.safe`,
    path: path === undefined ? "" : resolve(path),
    directory: resolve(out ?? (path === undefined ? "." : dirname(path))),
  };
}

/** The name without extension, with all that a terminal or a file manager could stumble on replaced. */
function stemOf(name: string): string {
  const stem = neutralise(name.slice(0, name.length - extname(name).length), LONGEST_STEM * 2).replace(
    UNFIT,
    "_",
  );
  let fit = stem;
  while (Buffer.byteLength(fit) > LONGEST_STEM) fit = [...fit].slice(0, -1).join("");
  return fit === "" ? "document" : fit;
}
