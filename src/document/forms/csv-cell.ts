import { neutraliseText } from "../../foundation/index.ts";

/** What spreadsheets take for the beginning of a formula, wide forms included, after what they skip before it. */
const FORMULA = /^[\s"'\u00a0\u3000]*[=+\-@＝＋－＠]|^[\t\r\n]/;
/** … and what looks so but is a number, or only a dash. */
const NUMBER =
  /^[-+]?(?:\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+|\d+)(?:[.,]\d+)?(?:[eE][-+]?\d{1,4})?[ \u00a0]?[%€$£¥]?$|^-{1,3}$/;
/** Separators of any country's spreadsheet, so that a cell stays one cell. */
const QUOTED = /[",;\t\n\r]|^\s|\s$/;

/**
 * One cell as CSV (RFC 4180). A cell that a spreadsheet would run gets an apostrophe before it, as OWASP advises
 * (https://owasp.org/www-community/attacks/CSV_Injection); characters that would be obeyed become visible.
 */
export function csvCell(text: string): string {
  const clean = neutraliseText(text.replace(/\r\n?/g, "\n"));
  const safe = FORMULA.test(clean) && !NUMBER.test(clean) ? `'${clean}` : clean;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A row as a line of CSV. */
export function csvLine(cells: readonly string[]): string {
  // A lone empty cell must not look like no row at all.
  return cells.length === 1 && cells[0] === "" ? '""\r\n' : `${cells.map(csvCell).join(",")}\r\n`;
}
