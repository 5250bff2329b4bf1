export { Display, type DisplayOptions } from "./display.ts";
export type { Frame } from "./rfb/frame.ts";
export { MOST_CLIPBOARD, MOST_SIDE, MOST_TABS } from "./limits.ts";
