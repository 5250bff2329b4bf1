import { nearest, type KeyPath } from "../../foundation/index.ts";
import { VOCABULARY, fieldsOf, type Fact, type Field } from "../facts/index.ts";
import { compileFieldTest } from "./field-test.ts";
import type { Complain } from "./place.ts";

/** Something that holds of a fact or not. */
export interface Condition {
  /** Events that it can hold of. */
  readonly events: readonly string[];
  readonly holds: (fact: Fact) => boolean;
}

interface Site {
  readonly path: KeyPath;
  readonly complain: Complain;
  /** Events of what it is a part of; undefined where none are named yet. */
  readonly events?: readonly string[] | undefined;
}

type Holds = Condition["holds"];

const DEEPEST = 8;
const GROUPS = ["all", "any", "not"];

/**
 * Makes a condition ready to be asked: an event or several, tests of fields, and groups of conditions under `all`, `any`, `not`.
 * @throws E_BAD_RULE with the nearest event or field that there is
 */
export function compileCondition(value: unknown, site: Site): Condition {
  const { path, complain } = site;
  if (path.length > DEEPEST * 2) throw complain(path, `it is deeper than ${DEEPEST} groups`);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw complain(path, "must be a mapping of an event and its fields");
  const { event, ...rest } = value as Readonly<Record<string, unknown>>;
  const own = event === undefined ? site.events : eventsOf(event, { ...site, path: [...path, "event"] });
  const inner = { ...site, events: own };
  const parts = cheapFirst(Object.entries(rest)).map(([key, part]) =>
    GROUPS.includes(key)
      ? compileGroup(key, part, { ...inner, path: [...path, key] })
      : { events: own, holds: compileField(key, part, { ...inner, path: [...path, key] }) },
  );
  const events = own ?? parts.find((part) => part.events !== undefined)?.events;
  if (events === undefined) throw complain(path, 'it names no event; add one, such as "event: exec"');
  const kinds = new Set(events);
  return { events, holds: (fact) => kinds.has(fact.kind) && parts.every(({ holds }) => holds(fact)) };
}

/** Values that are compared come before texts that are searched, and those before groups. */
function cheapFirst(entries: readonly [string, unknown][]): readonly [string, unknown][] {
  const cost = ([key, value]: [string, unknown]): number => {
    if (GROUPS.includes(key)) return 2;
    return typeof value === "object" && !Array.isArray(value) ? 1 : 0;
  };
  return [...entries].sort((a, b) => cost(a) - cost(b));
}

function eventsOf(event: unknown, { path, complain }: Site): readonly string[] {
  const names: readonly unknown[] = Array.isArray(event) ? event : [event];
  const wrong = names.find((name) => typeof name !== "string" || !Object.hasOwn(VOCABULARY, name));
  if (names.length > 0 && wrong === undefined) return names as readonly string[];
  const known = Object.keys(VOCABULARY);
  const near = typeof wrong === "string" ? nearest(wrong, known) : undefined;
  const hint = near === undefined ? `there are ${known.join(", ")}` : `did you mean "${near}"?`;
  throw complain(path, `no such event; ${hint}`);
}

interface Group {
  readonly events: readonly string[] | undefined;
  readonly holds: Holds;
}

function compileGroup(key: string, value: unknown, site: Site): Group {
  if (key === "not") {
    const { holds } = compileCondition(value, site);
    return { events: site.events, holds: (fact) => !holds(fact) };
  }
  if (!Array.isArray(value) || value.length === 0 || value.length > 64)
    throw site.complain(site.path, "must be a list of 1 … 64 conditions");
  const parts = value.map((part, i) => compileCondition(part, { ...site, path: [...site.path, i] }));
  const events = [...new Set(parts.flatMap((part) => part.events))];
  const every = key === "all";
  return {
    events,
    holds: (fact) =>
      every ? parts.every((part) => part.holds(fact)) : parts.some((part) => part.holds(fact)),
  };
}

function compileField(key: string, value: unknown, site: Site): Holds {
  const { path, complain } = site;
  if (site.events === undefined)
    throw complain(path, `its event must be named beside it; add one, such as "event: exec"`);
  const test = compileFieldTest(value, {
    field: fieldNamed(key, { ...site, events: site.events }),
    path,
    complain,
  });
  return (fact) => test(fact.fields[key]);
}

/** @throws E_BAD_RULE where no event of these has such a field */
export function fieldNamed(
  key: string,
  { path, complain, events }: Site & { readonly events: readonly string[] },
): Field {
  for (const event of events) {
    const fields = fieldsOf(event);
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field !== undefined) return field;
  }
  const known = [...new Set(events.flatMap((event) => Object.keys(fieldsOf(event))))];
  const near = nearest(key, [...known, ...GROUPS]);
  const hint = near === undefined ? `there are ${known.join(", ")}` : `did you mean "${near}"?`;
  throw complain(path, `the event ${events.join(", ")} has no such field; ${hint}`);
}
