type Token = { readonly text: string } | "any" | "*" | "**";

/** Ways to write out what is in braces. */
const MOST_VARIANTS = 64;

/** `{a,b}` written out: one pattern for each way. Undefined where there are too many, or a brace has no partner. */
export function expandBraces(pattern: string): readonly string[] | undefined {
  const open = pattern.indexOf("{");
  if (open < 0) return pattern.includes("}") ? undefined : [pattern];
  const close = pattern.indexOf("}", open);
  const inner = pattern.slice(open + 1, close);
  if (close < 0 || inner.includes("{")) return undefined;
  const rest = expandBraces(pattern.slice(close + 1));
  const variants = inner
    .split(",")
    .flatMap((choice) => (rest ?? []).map((tail) => pattern.slice(0, open) + choice + tail));
  return rest === undefined || variants.length > MOST_VARIANTS ? undefined : variants;
}

/**
 * Whether a text as a whole is as a pattern says: `*` stands for anything but `/`, `**` for anything, `?` for one character but `/`.
 * Takes time in proportion to text × pattern at most, whatever the two are.
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const tokens = tokensOf(pattern);
  const [first] = tokens;
  const last = tokens.at(-1);
  const head = typeof first === "object" ? first.text : "";
  const tail = typeof last === "object" ? last.text : "";
  if (tokens.length <= 1 && typeof first === "object") return (text) => text === head;
  const units = tokens.flatMap((token) => (typeof token === "object" ? [...token.text] : [token]));
  return (text) => text.startsWith(head) && text.endsWith(tail) && walk(units, text);
}

function tokensOf(pattern: string): Token[] {
  const parts = pattern.split(/(\*\*?|\?)/).filter((part) => part !== "");
  return parts.map((part) => {
    if (part === "?") return "any";
    return part === "*" || part === "**" ? part : { text: part };
  });
}

/** Keeps all places of the pattern that the text so far can have led to. */
function walk(units: readonly string[], text: string): boolean {
  let places = withSkips(new Set([0]), units);
  for (const character of text) {
    const next = new Set<number>();
    for (const place of places) step({ units, place, character }, next);
    if (next.size === 0) return false;
    places = withSkips(next, units);
  }
  return places.has(units.length);
}

function step(at: { units: readonly string[]; place: number; character: string }, next: Set<number>): void {
  const { units, place, character } = at;
  const unit = units[place];
  if (unit === "**" || (unit === "*" && character !== "/")) next.add(place);
  else if (unit === character || (unit === "any" && character !== "/")) next.add(place + 1);
}

/** A star may stand for nothing. */
function withSkips(places: Set<number>, units: readonly string[]): Set<number> {
  for (const place of places) {
    const unit = units[place];
    if (unit === "*" || unit === "**") places.add(place + 1);
  }
  return places;
}
