/** Which way text may go by the clipboard of a live view, when a person asks for it. */
export const CLIPBOARD_DIRECTIONS = ["none", "to-guest", "from-guest", "both"] as const;
export type ClipboardDirection = (typeof CLIPBOARD_DIRECTIONS)[number];

/**
 * How files come out of a live view: not at all; as they are, marked with where they came from; as safe copies, made in
 * another micro-VM.
 */
export const DOWNLOAD_WAYS = ["none", "marked", "safe"] as const;
export type DownloadWay = (typeof DOWNLOAD_WAYS)[number];

/** What becomes of what is printed in a live view. */
export const PRINTING_WAYS = ["none", "safe"] as const;
export type PrintingWay = (typeof PRINTING_WAYS)[number];

/** What a live view lets pass besides pictures, keys and pointer. */
export interface ViewPolicy {
  /** Default `none`. */
  readonly clipboard?: ClipboardDirection | undefined;
  /** Default `marked` where a directory is named for files, else `none`. */
  readonly downloads?: DownloadWay | undefined;
  /** Default `none`. */
  readonly printing?: PrintingWay | undefined;
}
