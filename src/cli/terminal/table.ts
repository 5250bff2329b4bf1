import { shorten, widthOf } from "./width.ts";

interface TableOptions {
  /** Columns whose text ends at the right. */
  readonly right?: readonly number[];
  /** Longest line; longer ones lose the end of their last cell. */
  readonly width?: number | undefined;
}

const GAP = "  ";

/** Aligned columns, a line a row. The cells are one line each and neutralised already. */
export function table(
  rows: readonly (readonly string[])[],
  { right = [], width }: TableOptions = {},
): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ""))),
  );
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const padding = " ".repeat((widths[column] ?? 0) - widthOf(cell));
      return right.includes(column) ? padding + cell : cell + padding;
    });
    return shorten(cells.join(GAP).trimEnd(), width);
  });
}
