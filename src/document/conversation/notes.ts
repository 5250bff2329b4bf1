import type { DocumentWarning } from "../../contract/index.ts";
import { neutralise } from "../../foundation/index.ts";
import { lie } from "./record.ts";

type Sentence = (detail: string) => string;

/** What the converter may remark on. The words are ours; only `detail` is the guest's, neutralised. */
const NOTES: Readonly<Record<string, Sentence>> = {
  "type-differs": (format) => `Its content is ${format}, which is not what its name says`,
  macros: () => "It has macros; they were not run, and the safe copy has none",
  "active-content": (what) => `It has active content (${what}), which was not run`,
  "external-link": (url) => `It asks for ${url}, which was not fetched`,
  "remote-template": (url) => `It wants to load a template from ${url}, which was not fetched`,
  "more-links": (count) => `It asks for ${count} more addresses`,
  program: (where) => `It carries a program (${where}), which was not run`,
  attachment: (name) => `It has an attachment (${name}) that is not in the safe copy`,
  polyglot: (what) => `It is more than one kind of file: ${what}`,
  animation: (frames) => `It is an animation of ${frames} pictures; the first one was kept`,
  "scaled-down": (what) => {
    const [page = "?", dpi = "?"] = what.split(" ");
    return `Page ${page} is so large that it was drawn at ${dpi} dots per inch`;
  },
  "damaged-page": (page) => `Page ${page} is damaged and was left out`,
  repaired: () => "It is damaged; what could be repaired was converted",
  cut: () => "It has more rows or columns than a sheet holds (1,048,576 × 16,384); what is over was left out",
  "page-cut": (what) => {
    const [size = "?", shown = "?"] = what.split(" ");
    return `It is ${size} pixels large, over the limits "width" (4096), "height" (16384) or "pixels"; the first ${shown} are shown`;
  },
  "page-slow": (seconds) =>
    `It had not finished loading after ${seconds} s; it is shown as it was then, its scripts stopped`,
  "http-status": (status) => `Its server answered with status ${status}`,
  windows: (count) => `It wanted to open ${count} more windows, which were closed`,
  "no-text": () => "It holds no text, only pictures; --ocr en recognises it",
};

/** @throws E_GUEST_PROTOCOL for a code that no converter of ours sends */
export function warningOf(code: string, detail: string): DocumentWarning {
  const sentence = Object.hasOwn(NOTES, code) ? NOTES[code] : undefined;
  if (sentence === undefined) throw lie(`a note "${code}" that is not known`);
  return { code, message: sentence(neutralise(detail, 200)) };
}
