import type { SafeForm } from "../../contract/index.ts";

/** A word in the pixels, as recognised. `text` is neutralised; the box is inside the page, in its pixels. */
export interface Word {
  readonly text: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** One page as pixels, already checked: `pixels` holds exactly width × height × 3 bytes, RGB, rows from the top. */
export interface PixelPage {
  /** In the document, counted from 1. */
  readonly number: number;
  readonly width: number;
  readonly height: number;
  /** Dots per inch: the page is `width / dpi` inches wide. */
  readonly dpi: number;
  /** Valid until `page` settles: the memory is used again for the next page. */
  readonly pixels: Uint8Array;
  readonly words: readonly Word[];
}

/** Builds one safe form in the staging directory from what was decoded. Calls come one after another. */
export interface FormWriter {
  page?(page: PixelPage): Promise<void>;
  /** A piece of the document's text, which whole characters make up. */
  text?(piece: string): Promise<void>;
  /** A sheet begins. The name is the document's own. */
  sheet?(name: string): Promise<void>;
  /** A row of the sheet, values only. */
  row?(cells: readonly string[]): Promise<void>;
  /** Completes the files; they are still in the staging directory. */
  finish(): Promise<readonly StagedFile[]>;
  /** Lets go of what is open; the staging directory is removed by its owner. */
  abandon(): Promise<void>;
}

/** A complete file that waits to be moved to its place. */
export interface StagedFile {
  readonly form: SafeForm;
  readonly path: string;
  /** The file name that it is to get. */
  readonly name: string;
}

/** Where a form's files go and what they say of themselves. */
export interface FormPlace {
  /** Directory of unfinished files, on the same file system as `directory`. */
  readonly staging: string;
  readonly directory: string;
  /** Name without extension: `invoice.safe`. */
  readonly stem: string;
  readonly force: boolean;
  /** Where the document came from. */
  readonly origin: Origin;
  /** JPEG quality, 1 … 100. */
  readonly quality: number;
  /** Bytes that the files may take together. */
  readonly room: number;
}

/** Where a document came from, as its safe copy tells. Known to the host without reading the document. */
export interface Origin {
  /** File name of the document, neutralised. */
  readonly name: string;
  /** SHA-256 of its bytes, hex. */
  readonly sha256: string;
  /** Where the browser or mail program said that it came from (`user.xdg.origin.url`), neutralised; "" where unknown. */
  readonly url: string;
  /** When the copy was made. */
  readonly at: Date;
}
