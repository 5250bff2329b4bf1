import { isIP } from "node:net";
import { EcsFlat } from "@elastic/ecs";
import { describe, expect, it } from "vitest";
import { HOSTILE_NAMES, SAMPLE, unsigned, withName } from "../../../test/support/sample-report.ts";
import type { Report } from "../../contract/index.ts";
import { renderReport } from "./index.ts";

/** A field of the Elastic Common Schema as it is published. */
interface Field {
  readonly type: string;
  readonly normalize: readonly string[];
  readonly allowed_values?: readonly {
    readonly name: string;
    readonly expected_event_types?: readonly string[];
  }[];
}

const FIELDS = EcsFlat as unknown as Readonly<Record<string, Field>>;

const isText = (value: unknown): boolean => typeof value === "string";
const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  keyword: isText,
  wildcard: isText,
  match_only_text: isText,
  long: Number.isSafeInteger,
  ip: (value) => isIP(String(value)) !== 0,
  date: (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(value)),
};

/** What the schema has against a line; what is Mayfly's own is not its concern. */
function mistakesIn(line: Readonly<Record<string, unknown>>): string[] {
  const event = line["event"] as { readonly category: string[]; readonly type: string[] };
  const expected = FIELDS["event.category"]?.allowed_values
    ?.filter(({ name }) => event.category.includes(name))
    .flatMap((each) => each.expected_event_types ?? []);
  return [
    ...Object.entries(line).flatMap(([key, value]) => (key === "mayfly" ? [] : mistakesAt(key, value))),
    ...event.type
      .filter((type) => expected?.includes(type) !== true)
      .map((type) => `event.type ${type} of ${event.category.join()}`),
  ];
}

function mistakesAt(path: string, value: unknown): string[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return Object.entries(value).flatMap(([key, each]) => mistakesAt(`${path}.${key}`, each));
  const field = FIELDS[path];
  if (field === undefined) return [`there is no field ${path}`];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const fits = FITS[field.type];
  return [
    ...(Array.isArray(value) === field.normalize.includes("array") ? [] : [`${path}: one or many`]),
    ...values
      .filter((each) => fits?.(each) !== true)
      .map((each) => `${path} (${field.type}): ${String(each)}`),
    ...values
      .filter((each) => field.allowed_values?.some(({ name }) => name === each) === false)
      .map((each) => `${path} is never ${String(each)}`),
  ];
}

const linesOf = (report: Report): Record<string, unknown>[] =>
  renderReport(unsigned(report), "jsonl", () => undefined)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("JSON lines, by the Elastic Common Schema as it is published", () => {
  it("have only its fields, with values of their types, besides Mayfly's own", () => {
    expect(linesOf(SAMPLE).flatMap(mistakesIn)).toEqual([]);
    expect(linesOf(SAMPLE).length).toBeGreaterThan(10);
  });

  it.each(HOSTILE_NAMES)("have no others where everything is called %j", (name) => {
    expect(linesOf(withName(name)).flatMap(mistakesIn)).toEqual([]);
  });

  it("are found wrong where they are", () => {
    const line = { event: { kind: "x", category: ["file"], type: ["denied"], severity: "1" }, port: 1 };
    expect(mistakesIn(line)).toEqual([
      "event.kind is never x",
      "event.severity (long): 1",
      "there is no field port",
      "event.type denied of file",
    ]);
  });
});
