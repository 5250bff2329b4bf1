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
 * Takes time in proportion to text × pattern at most, whatever the two are; mostly no more than a few searches for what is
 * written out in the pattern.
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const tokens = tokensOf(pattern);
  const texts = tokens.filter((token) => typeof token === "object").map(({ text }) => text);
  const [first] = tokens;
  const last = tokens.at(-1);
  const head = typeof first === "object" ? (texts.shift() ?? "") : "";
  if (tokens.length === 0 || (tokens.length === 1 && head !== "")) return (text) => text === head;
  const tail = typeof last === "object" ? (texts.pop() ?? "") : "";
  const mayMatch = (text: string): boolean => {
    if (!text.startsWith(head) || !text.endsWith(tail)) return false;
    let from = head.length;
    for (const each of texts) {
      const at = text.indexOf(each, from);
      if (at < 0) return false;
      from = at + each.length;
    }
    return from <= text.length - tail.length;
  };
  if (tokens.every((token) => token === "**" || typeof token === "object")) return mayMatch;
  const units = tokens.flatMap((token) => (typeof token === "object" ? token.text.split("") : [token]));
  return (text) => mayMatch(text) && walk(units, text);
}

function tokensOf(pattern: string): Token[] {
  const parts = pattern.split(/(\*\*?|\?)/).filter((part) => part !== "");
  return parts.map((part) => {
    if (part === "?") return "any";
    return part === "*" || part === "**" ? part : { text: part };
  });
}

/** Keeps all places of the pattern that the text so far can have led to: 1 for each that it can be at. */
function walk(units: readonly string[], text: string): boolean {
  let places = new Uint8Array(units.length + 1);
  let next = new Uint8Array(units.length + 1);
  places[0] = 1;
  skipStars(units, places);
  for (let i = 0; i < text.length; i++) {
    next.fill(0);
    const character = text.charAt(i);
    for (let place = 0; place < units.length; place++)
      if (places[place] === 1) step(character, { unit: units[place] ?? "", place, next });
    skipStars(units, next);
    [places, next] = [next, places];
  }
  return places[units.length] === 1;
}

function step(character: string, at: { unit: string; place: number; next: Uint8Array }): void {
  const { unit, place, next } = at;
  if (unit === "**" || (unit === "*" && character !== "/")) next[place] = 1;
  else if (unit === character || (unit === "any" && character !== "/")) next[place + 1] = 1;
}

/** A star may stand for nothing. */
function skipStars(units: readonly string[], places: Uint8Array): void {
  for (let place = 0; place < units.length; place++) {
    const unit = units[place];
    if (places[place] === 1 && (unit === "*" || unit === "**")) places[place + 1] = 1;
  }
}
