import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { shippedRules } from "../../test/support/shipped-rules.ts";

it("every rule that Mayfly brings is right, has an id of its own, and few are high", async () => {
  const rules = [...(await shippedRules()).values()].flat();
  expect(rules.length).toBeGreaterThanOrEqual(40);
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  const grave = rules.filter(({ severity }) => severity === "high" || severity === "critical");
  expect(grave.length / rules.length).toBeLessThan(0.2);
});

it("every rule has a test in a micro-VM", async () => {
  const tests = ["findings/table.ts", "findings/endings.test.ts", "introspection/attack.test.ts"];
  const text = tests.map((name) => readFileSync(`test/${name}`, "utf8")).join("\n");
  const rules = [...(await shippedRules()).values()].flat();
  expect(rules.map(({ id }) => id).filter((id) => !text.includes(`"${id}"`))).toEqual([]);
});
