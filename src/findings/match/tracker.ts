import type { Fact, FieldValue } from "../facts/index.ts";
import { RecentMap } from "../recent-map.ts";
import type { Pattern, Repeated, Sequence } from "../rule/index.ts";

/** Follows one pattern through the facts, in order. @returns the facts that made it match now; mostly none */
export type Tracker = (fact: Fact) => readonly Fact[];

/** Values that are followed at once; with more, the oldest are forgotten. */
const MOST_KEYS = 4096;
const NOTHING: readonly Fact[] = [];

export function track(pattern: Pattern): Tracker {
  switch (pattern.kind) {
    case "once":
      return (fact) => (pattern.condition.holds(fact) ? [fact] : NOTHING);
    case "repeated":
      return trackRepeated(pattern);
    case "sequence":
      return trackSequence(pattern);
  }
}

/** What of a field tells one value from another. */
function keyOf(value: FieldValue): string | undefined {
  if (Array.isArray(value)) return (value as readonly string[])[0];
  return value === undefined || value === "" ? undefined : String(value);
}

/** The latest different ones: at most as many as are needed. */
class Window {
  readonly #facts = new Map<string, Fact>();
  readonly #pattern: Repeated;
  #count = 0;
  #isFull = false;

  constructor(pattern: Repeated) {
    this.#pattern = pattern;
  }

  /** Once it was full, each that comes is evidence too. */
  add(fact: Fact): readonly Fact[] {
    if (this.#isFull) return [fact];
    const { atLeast, within, distinct } = this.#pattern;
    const key = distinct === undefined ? String(this.#count++) : keyOf(fact.fields[distinct]);
    if (key === undefined) return NOTHING;
    this.#facts.delete(key);
    this.#facts.set(key, fact);
    for (const [old, { at }] of this.#facts) {
      if (this.#facts.size <= atLeast && fact.at - at <= within) break;
      this.#facts.delete(old);
    }
    this.#isFull = this.#facts.size >= atLeast && this.#isRegular();
    return this.#isFull ? [...this.#facts.values()] : NOTHING;
  }

  #isRegular(): boolean {
    const { regular, apart } = this.#pattern;
    if (regular === undefined) return true;
    const times = [...this.#facts.values()].map(({ at }) => at);
    const pauses = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length;
    return mean > 0 && mean >= apart && pauses.every((pause) => Math.abs(pause - mean) <= regular * mean);
  }
}

function trackRepeated(pattern: Repeated): Tracker {
  const windows = new RecentMap<string, Window>(MOST_KEYS);
  return (fact) => {
    if (!pattern.condition.holds(fact)) return NOTHING;
    const key = pattern.per === undefined ? "" : keyOf(fact.fields[pattern.per]);
    if (key === undefined) return NOTHING;
    let window = windows.get(key);
    if (window === undefined) {
      window = new Window(pattern);
      windows.set(key, window);
    }
    return window.add(fact);
  };
}

function trackSequence({ steps, same, within }: Sequence): Tracker {
  const begun = new RecentMap<string, readonly Fact[]>(MOST_KEYS);
  const advance = (fact: Fact, key: string): readonly Fact[] => {
    const facts = begun.get(key) ?? [];
    const isLate = facts[0] !== undefined && fact.at - facts[0].at > within;
    const next = isLate ? 0 : facts.length;
    if (next > 0 && steps[next]?.holds(fact) === true) {
      begun.delete(key);
      if (next + 1 === steps.length) return [...facts, fact];
      begun.set(key, [...facts, fact]);
    } else if (next <= 1 && steps[0]?.holds(fact) === true) {
      begun.set(key, [fact]);
    }
    return NOTHING;
  };
  return (fact) => {
    const key = same === undefined ? "" : keyOf(fact.fields[same]);
    return key === undefined ? NOTHING : advance(fact, key);
  };
}
