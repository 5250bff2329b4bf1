import type { BaseIssue } from "valibot";
import { nearest } from "./nearest.ts";

/** Keys and indices from the top of a document to one place in it. */
export type KeyPath = readonly (string | number)[];

export interface Mistake {
  readonly path: KeyPath;
  /** One clause; for a mistyped key with the nearest one that there is. */
  readonly what: string;
}

/** What a schema of valibot is made of, as far as it is walked here. */
interface Part {
  readonly type?: string;
  readonly entries?: Readonly<Record<string, Part>>;
  readonly item?: Part;
  readonly wrapped?: Part;
  readonly value?: Part;
  readonly options?: readonly unknown[];
}

type Issue = BaseIssue<unknown>;

/** The mistake that tells most: a mistyped key before the one that is missing because of it. */
export function tellMistake(issues: readonly [Issue, ...Issue[]], schema: object): Mistake {
  const issue = mostTelling(issues.flatMap((each) => flatten(each, [])) as [Found, ...Found[]]);
  const { path } = issue;
  if (!isUnknownKey(issue)) return { path, what: issue.what };
  const near = nearest(String(path.at(-1)), keysAt(schema, path.slice(0, -1)));
  return { path, what: `no such key${near === undefined ? "" : `; did you mean "${near}"?`}` };
}

interface Found extends Mistake {
  readonly issue: Issue;
}

/** Issues of a union lie in it, with paths that begin there: what is nearly right tells more than what is quite another kind. */
function flatten(issue: Issue, above: KeyPath): Found[] {
  const path = [...above, ...(issue.path ?? []).map((item) => item.key as string | number)];
  const inner = (issue.issues ?? [])
    .flatMap((each) => flatten(each, path))
    .filter((each) => each.path.length > path.length || each.issue.kind === "validation");
  if (inner.length > 0) return inner;
  return isListForMapping(issue)
    ? [{ issue, path: path.slice(0, -1), what: "must be a mapping" }]
    : [{ issue, path, what: whatOf(issue) }];
}

/** A list passes for a mapping whose keys are its indices. */
function isListForMapping({ type, path }: Issue): boolean {
  return type === "strict_object" && Array.isArray(path?.at(-1)?.input);
}

function mostTelling(found: readonly [Found, ...Found[]]): Found {
  return found.find(isUnknownKey) ?? found[0];
}

function isUnknownKey({ issue }: Found): boolean {
  return issue.type === "strict_object" && issue.expected === "never" && !isListForMapping(issue);
}

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  boolean: "true or false",
  Array: "a list",
  Object: "a mapping",
  integer: "a whole number",
  safe_integer: "a whole number",
};

/** Never with what was received: it may be a secret. */
function whatOf({ type, expected, received, message }: Issue): string {
  const isMissing = type === "strict_object" && received === "undefined" && expected !== "Object";
  if (isMissing) return "it is missing";
  if (!message.startsWith("Invalid ")) return message;
  const kinds = (expected ?? type).replace(/^\(|\)$/g, "").split(" | ");
  return `must be ${kinds.map(kindInWords).join(" or ")}`;
}

function kindInWords(kind: string): string {
  return KINDS[kind] ?? kind.replace(/^>=/, "at least ").replace(/^<=/, "at most ");
}

function keysAt(schema: object, path: KeyPath): string[] {
  let parts: readonly Part[] = [schema];
  for (const key of path) parts = parts.flatMap(unwrapped).flatMap((part) => below(part, key));
  return parts.flatMap(unwrapped).flatMap(({ entries }) => Object.keys(entries ?? {}));
}

function unwrapped(part: Part): Part[] {
  if (part.wrapped !== undefined) return unwrapped(part.wrapped);
  if (part.type === "union") return (part.options as readonly Part[]).flatMap(unwrapped);
  return [part];
}

function below({ entries, item, value }: Part, key: string | number): Part[] {
  return [entries?.[key], item, value].filter((part) => part !== undefined);
}
