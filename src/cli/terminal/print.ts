import { styleFor } from "./style.ts";
import { table } from "./table.ts";

interface PrintOptions {
  readonly right?: readonly number[];
  /** What to say on a terminal where there are no rows. */
  readonly empty: string;
}

/** Prints rows below their headings; on a terminal no line is longer than that is wide. */
export function printTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { right = [], empty }: PrintOptions,
): void {
  if (rows.length === 0) {
    if (process.stdout.isTTY) print(empty);
    return;
  }
  const [head = "", ...lines] = table([headings, ...rows], {
    right,
    width: process.stdout.isTTY ? process.stdout.columns : undefined,
  });
  print(styleFor(process.stdout).dim(head));
  for (const line of lines) print(line);
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
