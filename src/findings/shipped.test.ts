import { expect, it } from "vitest";
import { shippedRules } from "../../test/support/shipped-rules.ts";

it("every rule that Mayfly brings is right, has an id of its own, and few are high", async () => {
  const rules = [...(await shippedRules()).values()].flat();
  expect(rules.length).toBeGreaterThanOrEqual(40);
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  const grave = rules.filter(({ severity }) => severity === "high" || severity === "critical");
  expect(grave.length / rules.length).toBeLessThan(0.2);
});
