const SHOWN = 32;

/**
 * Where two pieces of data differ, in words that tell a lost piece from a damaged one; "none" where they do not.
 * @param received of any length, like `expected`; a digest would say only that they differ
 */
export function difference(received: Buffer, expected: Buffer): string {
  const lengths = `${received.length} bytes for ${expected.length}`;
  const shorter = Math.min(received.length, expected.length);
  const places: number[] = [];
  for (let at = 0; at < shorter; at++) if (received[at] !== expected[at]) places.push(at);
  const [first] = places;
  if (first === undefined) return received.length === expected.length ? "none" : lengths;
  const shown = (bytes: Buffer): string => bytes.subarray(first, first + SHOWN).toString("hex");
  const elsewhere = expected.indexOf(received.subarray(first, first + SHOWN));
  return [
    `${lengths}, ${places.length} of them others, from byte ${first} to ${places.at(-1)}`,
    `there ${shown(received)} for ${shown(expected)}`,
    elsewhere < 0 ? "which is nowhere in it" : `which is at byte ${elsewhere}`,
  ].join(", ");
}
