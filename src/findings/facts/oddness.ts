/** Letters that seldom stand next to each other in words, even in abbreviations, are consonants in long rows. */
const CONSONANTS = /[bcdfghjklmnpqrstvwxz]{4,}/g;
const DIGITS = /\d/g;
const TURNS = /[a-z](?=\d)|\d(?=[a-z])/g;

/** Short labels are abbreviations more often than noise. */
const SHORTEST = 8;

/**
 * How unlike a word the longest part of a host name looks, 0 … 1: long rows of consonants, and digits between letters.
 * A hint, no more: it counts only where many names have it.
 */
export function oddness(host: string): number {
  const labels = host.toLowerCase().split(".").slice(0, 8);
  const label = labels.reduce((a, b) => (b.length > a.length ? b : a), "").slice(0, 63);
  if (label.length < SHORTEST || label.startsWith("xn--")) return 0;
  const clusters = (label.match(CONSONANTS) ?? []).join("").length;
  const digits = label.match(DIGITS)?.length ?? 0;
  const turns = label.match(TURNS)?.length ?? 0;
  const mixed = digits > 1 ? digits + turns : 0;
  return Math.min(1, (1.5 * (clusters + mixed)) / label.length);
}
