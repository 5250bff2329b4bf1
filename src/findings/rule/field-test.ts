import * as v from "valibot";
import { nearest, neutralise, parseSize, parseTime, type KeyPath } from "../../foundation/index.ts";
import type { Field, FieldValue } from "../facts/index.ts";
import { compileGlob, expandBraces } from "./glob.ts";
import type { Complain } from "./place.ts";

export type FieldTest = (value: FieldValue) => boolean;

interface Site {
  readonly field: Field;
  readonly path: KeyPath;
  readonly complain: Complain;
}

const LONGEST_TEXT = 300;
const MOST_CHOICES = 200;
const TEXTS = v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(MOST_CHOICES));

type Operator = (wanted: unknown, site: Site) => FieldTest;

/** What may stand below a field; a value alone means `equals`. Several hold together. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  equals: (wanted, site) => equals(wanted, site),
  glob: (wanted, site) => {
    const patterns = textsOf(wanted, site).flatMap((text) => {
      const variants = expandBraces(text);
      if (variants === undefined)
        throw site.complain(site.path, "the braces do not match, or stand for too much");
      return variants.map(compileGlob);
    });
    return anyText((text) => patterns.some((matches) => matches(text)));
  },
  contains: (wanted, site) => {
    const parts = textsOf(wanted, site);
    return anyText((text) => parts.some((part) => text.includes(part)));
  },
  atLeast: (wanted, site) => {
    const least = numberOf(wanted, site);
    return (value) => typeof value === "number" && value >= least;
  },
  atMost: (wanted, site) => {
    const most = numberOf(wanted, site);
    return (value) => typeof value === "number" && value <= most;
  },
  not: (wanted, site) => {
    const test = compileFieldTest(wanted, site);
    return (value) => !test(value);
  },
};

/** @throws E_BAD_RULE for what cannot be asked of such a field */
export function compileFieldTest(wanted: unknown, site: Site): FieldTest {
  if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) return equals(wanted, site);
  const tests = Object.entries(wanted).map(([operator, operand]) => {
    const path = [...site.path, operator];
    const make = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
    if (make === undefined) throw site.complain(path, unknown(operator));
    return make(operand, { ...site, path });
  });
  if (tests.length === 0) throw site.complain(site.path, "it says nothing");
  return (value) => tests.every((test) => test(value));
}

function unknown(operator: string): string {
  const near = nearest(operator, Object.keys(OPERATORS));
  const known = `there are ${Object.keys(OPERATORS).join(", ")}`;
  return `no such operator; ${near === undefined ? known : `did you mean "${near}"?`}`;
}

function equals(wanted: unknown, { field, path, complain }: Site): FieldTest {
  const given: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  if (given.length === 0 || given.length > MOST_CHOICES)
    throw complain(path, `must have 1 … ${MOST_CHOICES} values`);
  const choices = new Set(given.map((each) => valueOf(each, { field, path, complain })));
  return (value) =>
    Array.isArray(value) ? value.some((each: string) => choices.has(each)) : choices.has(value as string);
}

function valueOf(given: unknown, site: Site): string | number | boolean {
  const { type } = site.field;
  if (type === "flag") {
    if (typeof given === "boolean") return given;
    throw site.complain(site.path, "must be true or false");
  }
  if (type !== "text" && type !== "texts") return numberOf(given, site);
  if (typeof given === "string" && given.length <= LONGEST_TEXT) return given;
  const hint =
    typeof given === "number" || typeof given === "boolean" ? `; put it in quotes: "${given}"` : "";
  throw site.complain(site.path, `must be text of at most ${LONGEST_TEXT} characters${hint}`);
}

function numberOf(given: unknown, { field, path, complain }: Site): number {
  const units = { bytes: parseSize, time: parseTime } as const;
  const parse = field.type === "bytes" || field.type === "time" ? units[field.type] : undefined;
  if (field.type === "text" || field.type === "texts" || field.type === "flag")
    throw complain(path, "it is no number that could be compared");
  const value = typeof given === "string" ? parse?.(given) : given;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const unit = {
    number: "",
    bytes: " or a size such as 10M",
    time: " of milliseconds, or a time such as 10s",
  };
  throw complain(path, `must be a number${unit[field.type]}`);
}

function textsOf(wanted: unknown, { field, path, complain }: Site): readonly string[] {
  if (field.type !== "text" && field.type !== "texts")
    throw complain(path, "it is no text; use a value, atLeast or atMost");
  const texts = typeof wanted === "string" ? [wanted] : wanted;
  if (!v.is(TEXTS, texts)) throw complain(path, `must be text, or a list of 1 … ${MOST_CHOICES} texts`);
  const empty = texts.find((text) => text === "" || text.length > LONGEST_TEXT);
  if (empty === undefined) return texts;
  throw complain(path, `"${neutralise(empty, 30)}" must have 1 … ${LONGEST_TEXT} characters`);
}

function anyText(holds: (text: string) => boolean): FieldTest {
  return (value) => {
    if (typeof value === "string") return holds(value);
    return Array.isArray(value) && value.some(holds);
  };
}
