/** Things that are named one by one; a hostile task could make thousands. */
const MOST_NAMED = 5;

/** The first few of many lines, and how many more there are. */
export function named(lines: readonly string[], what: string): string[] {
  const more = lines.length - MOST_NAMED;
  return [
    ...lines.slice(0, MOST_NAMED),
    ...(more > 0 ? [`… and ${more} more ${what} (--json lists them)`] : []),
  ];
}
