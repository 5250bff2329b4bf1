import {
  LineCounter,
  isAlias,
  isMap,
  isNode,
  isScalar,
  parseDocument,
  visit,
  type Document,
  type Pair,
} from "yaml";
import type { MayflyError } from "./errors.ts";
import { attempt } from "./ignoring.ts";
import type { KeyPath } from "./schema-issue.ts";

/** A document that a person wrote, in YAML or in JSON, which is YAML too. */
export interface YamlDocument {
  readonly value: unknown;
  /** Line of what lies at `path`, or of the nearest thing above it; from 1. */
  readonly lineOf: (path: KeyPath) => number;
}

type Complain = (line: number, what: string) => MayflyError;

/**
 * Reads a document and remembers its lines. Not among what `index.ts` exports: loading `yaml` takes time that a
 * program's start does not have.
 * @throws what `complain` makes of a syntax error
 */
export function readYaml(text: string, complain: Complain): YamlDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: true });
  const lineAt = (offset: number): number => lines.linePos(offset).line || 1;
  const [syntax] = document.errors;
  if (syntax !== undefined) throw complain(lineAt(syntax.pos[0]), syntax.message.split("\n")[0] ?? "");
  requireAnchors(document, (offset, what) => complain(lineAt(offset), what));
  return { value: valueOf(document, complain), lineOf: (path) => lineAt(offsetOf(document, path)) };
}

/** A `*` that begins a word without quotes is YAML's for "the same as", which few people want. */
function requireAnchors(document: Document, complain: Complain): void {
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return;
      const written = `*${alias.source}`;
      throw complain(
        alias.range?.[0] ?? 0,
        `${written} is a reference in YAML; put it in quotes: "${written}"`,
      );
    },
  });
}

/** Aliases are resolved here, and may be too many. */
function valueOf(document: Document, complain: Complain): unknown {
  try {
    return document.toJS() as unknown;
  } catch (cause) {
    throw complain(1, cause instanceof Error ? cause.message : "it cannot be read");
  }
}

function offsetOf(document: Document, path: KeyPath): number {
  for (let length = path.length; length > 0; length--) {
    const parent = nodeAt(document, path.slice(0, length - 1));
    const key = isMap(parent)
      ? parent.items.find((pair) => keyOf(pair) === path[length - 1])?.key
      : undefined;
    const node = isNode(key) ? key : nodeAt(document, path.slice(0, length));
    if (isNode(node) && !isAlias(node) && node.range) return node.range[0];
  }
  return 0;
}

function nodeAt(document: Document, path: KeyPath): unknown {
  return attempt(() => document.getIn(path, true), "a scalar has nothing below it");
}

function keyOf({ key }: Pair): unknown {
  return isScalar(key) ? key.value : key;
}
