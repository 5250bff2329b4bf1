import { KIB, MIB } from "../../foundation/index.ts";

/** Pages that are made of one document, unless the user says which. */
export const MOST_PAGES = 1_000;
/** … where the user does say which. */
export const MOST_CHOSEN_PAGES = 100_000;
/** Pixels of one page: A4 at 600 dpi has 34.8 million. A page that has more is drawn at fewer dots per inch. */
export const MOST_PIXELS = 36_000_000;
/** Pixels of a side: what JPEG can say is 65,535 (ITU-T T.81, B.2.2). */
export const LONGEST_SIDE = 65_500;
/** Cells of all sheets together. */
export const MOST_CELLS = 20_000_000;
/** Bytes of text of one document. */
export const MOST_TEXT = 256 * MIB;
/** Notes that a converter may send; it tells far fewer. */
export const MOST_NOTES = 200;
export const MOST_SHEETS = 1_000;
/** Words on one page: some 60 fit on a line and 200 lines on a sheet. */
export const MOST_WORDS = 20_000;

/** Bytes of one record by its letter; pages follow from their pixels. */
export const RECORD_BYTES: Readonly<Record<string, number>> = {
  D: 4 * KIB,
  N: 4 * KIB,
  F: 4 * KIB,
  S: 4 * KIB,
  T: 64 * KIB,
  R: 4 * MIB,
  W: 4 * MIB,
  E: 0,
};
