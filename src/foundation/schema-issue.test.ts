import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { tellMistake } from "./schema-issue.ts";

const Inner = v.strictObject({ to: v.string(), ports: v.optional(v.array(v.number())) });
const Schema = v.strictObject({
  allow: v.optional(v.array(v.union([v.string(), Inner]))),
  table: v.optional(v.record(v.string(), Inner)),
  size: v.optional(v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+M$/, "must be a size"))])),
  count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
});

function told(value: unknown): string {
  const parsed = v.safeParse(Schema, value);
  if (parsed.success) return expect.fail("should have been refused");
  const { path, what } = tellMistake(parsed.issues, Schema);
  return `${path.join(".")}: ${what}`;
}

describe("tellMistake", () => {
  it.each([
    [{ alow: [] }, 'alow: no such key; did you mean "allow"?'],
    [{ zzzzzzz: 1 }, "zzzzzzz: no such key"],
    [{ allow: [{ too: "x" }] }, 'allow.0.too: no such key; did you mean "to"?'],
    [{ allow: ["a", { ports: [1] }] }, "allow.1.to: it is missing"],
    [{ allow: [7] }, "allow.0: must be text or a mapping"],
    [{ allow: "x" }, "allow: must be a list"],
    [{ allow: [{ to: "x", ports: ["secret"] }] }, "allow.0.ports.0: must be a number"],
    [{ table: { a: { t: "x" } } }, 'table.a.t: no such key; did you mean "to"?'],
    [{ size: "secret" }, "size: must be a size"],
    [{ size: true }, "size: must be a number or text"],
    [{ count: 0 }, "count: must be at least 1"],
    [{ count: 1.5 }, "count: must be a whole number"],
    [["a"], ": must be a mapping"],
    [{ allow: [["a"]] }, "allow.0: must be text or a mapping"],
    [null, ": must be a mapping"],
  ])("says of %j: %s", (value, message) => {
    expect(told(value)).toBe(message);
  });
});
