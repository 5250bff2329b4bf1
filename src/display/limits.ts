import { KIB, MIB } from "../foundation/index.ts";

/** A screen's largest width and height, in pixels: what is larger is refused of a guest and made smaller for a tab. */
export const MOST_SIDE = 4096;
/** Its smallest, so that a tab that is folded away does not fold the guest's windows. */
export const LEAST_SIDE = 160;
/** Tabs that may show one screen at a time. */
export const MOST_TABS = 8;
/** UTF-8 bytes of text that the clipboard takes, each way. */
export const MOST_CLIPBOARD = 256 * KIB;
/** A screen's name, which is read and dropped; and reasons that a guest gives. */
export const LONGEST_NAME = 4 * KIB;
/** Old-style cut text, which is read and dropped. */
export const MOST_CUT_TEXT = MIB;
/** Width and height of the guest's mouse pointer. */
export const MOST_CURSOR_SIDE = 256;
/** Monitors that one screen may be told to have. */
export const MOST_SCREENS = 16;
/** Encodings that a viewer may name. */
export const MOST_ENCODINGS = 64;
/** How long a guest's screen may take from being asked to its first size. */
export const GREETING_MS = 20_000;
