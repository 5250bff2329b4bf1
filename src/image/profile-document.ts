import * as v from "valibot";
import { LineCounter, isNode, parseDocument, type Document } from "yaml";
import type { ProfileSettings } from "../contract/index.ts";
import { MIB, MayflyError, attempt, parseSize, parseTime } from "../foundation/index.ts";

const size = v.pipe(
  v.string(),
  v.check((text) => parseSize(text) !== undefined, "must be a size such as 256M"),
  v.transform((text) => parseSize(text) ?? 0),
);
const time = v.pipe(
  v.string(),
  v.check((text) => parseTime(text) !== undefined, "must be a time such as 30s"),
  v.transform((text) => parseTime(text) ?? 0),
);
const words = v.array(v.string());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const Debian = v.strictObject({
  variant: v.optional(v.picklist(["extract", "essential", "minbase"]), "minbase"),
  packages: v.pipe(words, v.minLength(1)),
  exclude: v.optional(words, []),
});
const LimitsPart = v.strictObject({
  time: v.optional(time),
  output: v.optional(size),
  processes: v.optional(count),
  outFiles: v.optional(count),
  outBytes: v.optional(size),
});
const ProfileDocument = v.strictObject({
  description: v.string(),
  debian: Debian,
  memory: v.optional(size, "256M"),
  vcpus: v.optional(v.pipe(count, v.minValue(1), v.maxValue(64)), 1),
  tbSize: v.optional(v.pipe(count, v.minValue(8), v.maxValue(2048)), 32),
  warmUp: v.optional(v.array(v.pipe(words, v.minLength(1))), [["true"]]),
  standby: v.optional(count, 0),
  mime: v.optional(words, []),
  modules: v.optional(words, []),
  limits: v.optional(LimitsPart, {}),
});

export type DebianSettings = v.InferOutput<typeof Debian>;

/** What `profile.yaml` says. */
export interface ProfileDocument extends ProfileSettings {
  readonly debian: DebianSettings;
  /** Kernel modules beyond those that every machine needs. */
  readonly modules: readonly string[];
}

/** Reads the text of a `profile.yaml`. @throws E_BAD_PROFILE with file, line and the nearest known key */
export function parseProfile(text: string, file: string): ProfileDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: true });
  const [syntax] = document.errors;
  if (syntax !== undefined)
    throw bad(file, lines.linePos(syntax.pos[0]).line, syntax.message.split("\n")[0] ?? "");
  const parsed = v.safeParse(ProfileDocument, toValue(document, file));
  if (!parsed.success) throw explain(parsed.issues[0], { file, document, lines });
  const { limits, ...rest } = parsed.output;
  const { time: timeMs, output: outputBytes, ...counts } = limits;
  const all = { timeMs, outputBytes, ...counts };
  const known = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return { ...rest, memory: Math.ceil(rest.memory / (16 * MIB)) * 16 * MIB, limits: known };
}

/** Aliases are resolved here, and may lead nowhere. */
function toValue(document: Document, file: string): unknown {
  try {
    return document.toJS() as unknown;
  } catch (cause) {
    throw bad(file, 1, cause instanceof Error ? cause.message : "it cannot be read");
  }
}

interface Source {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

function explain(issue: v.BaseIssue<unknown>, { file, document, lines }: Source): MayflyError {
  const path = (issue.path ?? []).map((item) => item.key as string | number);
  const line = lineOf(path, document, lines);
  const where = path.length > 0 ? `${path.join(".")}: ` : "";
  if (issue.type === "strict_object" && issue.expected === "never") {
    const wrong = String(path.at(-1));
    const near = nearest(wrong, knownKeys(path.slice(0, -1)));
    return bad(file, line, `${where}no such key${near === undefined ? "" : `; did you mean "${near}"?`}`);
  }
  return bad(file, line, `${where}${issue.message}`);
}

function lineOf(path: readonly (string | number)[], document: Document, lines: LineCounter): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = attempt(
      () => document.getIn(path.slice(0, length), true),
      "a scalar has nothing below it",
    );
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function knownKeys(path: readonly (string | number)[]): string[] {
  const [first] = path;
  const part = first === "debian" ? Debian : first === "limits" ? LimitsPart : ProfileDocument;
  return Object.keys(part.entries);
}

/** The known word with the fewest changed letters, if they are few. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const scored = known.map((each) => ({
    each,
    distance: editDistance(word.toLowerCase(), each.toLowerCase()),
  }));
  const [best] = scored.sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(2, best.each.length / 3) ? best.each : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function bad(file: string, line: number, what: string): MayflyError {
  return new MayflyError("E_BAD_PROFILE", `${file}:${line}: ${what}`, {
    next: "docs/profiles.md describes every key.",
  });
}
