interface TableOptions {
  /** Columns whose text ends at the right. */
  readonly right?: readonly number[];
  /** Longest line; longer ones lose the end of their last cell. */
  readonly width?: number | undefined;
}

const GAP = "  ";

/** Aligned columns, a line a row. The cells are one line each and neutralised already. */
export function table(rows: readonly (readonly string[])[], { right = [], width }: TableOptions = {}): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => lengthOf(row[column]))));
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const padding = " ".repeat((widths[column] ?? 0) - lengthOf(cell));
      return right.includes(column) ? padding + cell : cell + padding;
    });
    return shorten(cells.join(GAP).trimEnd(), width);
  });
}

/** `text`, or as much of it as fits with a mark that there is more. */
export function shorten(text: string, width: number | undefined): string {
  const characters = [...text];
  if (width === undefined || characters.length <= width) return text;
  return `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
}

function lengthOf(cell: string | undefined): number {
  return [...(cell ?? "")].length;
}
