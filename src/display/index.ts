export { Display, type DisplayOptions } from "./display.ts";
export { MOST_CLIPBOARD, MOST_SIDE, MOST_TABS } from "./limits.ts";
