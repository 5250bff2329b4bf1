import { neutralise } from "../foundation/index.ts";

/** Longer than any path or command line that a report keeps. */
const LONGEST_TEXT = 8_192;

/** A copy whose every text is one harmless line. Twice is the same as once. */
export function neutral<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value === "string") return neutralise(value, LONGEST_TEXT);
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copy(each)]));
}
