import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Mayfly } from "../../src/index.ts";
import { foundIn, runReported } from "./run-reported.ts";
import { CASES, PRELUDE, type RuleCase } from "./table.ts";

let mayfly: Mayfly;
beforeAll(async () => {
  mayfly = await Mayfly.open();
});
afterAll(async () => {
  await mayfly.close();
});

/** Runs scripts one after the other in one micro-VM, whatever becomes of each. */
async function foundBy(scripts: readonly string[]): Promise<readonly string[]> {
  const script = [PRELUDE, ...scripts.map((each) => `(${each}\n) </dev/null >/dev/null 2>&1`)].join("\n");
  const report = await runReported(mayfly, script);
  expect(report.witness).toMatchObject({ missing: [] });
  return foundIn(report);
}

/** Those that get on with each other, and each that does not. */
function groupsOf(cases: readonly RuleCase[]): RuleCase[][] {
  const together = cases.filter((each) => each.apart === undefined);
  return [together, ...cases.filter((each) => each.apart).map((each) => [each])];
}

describe.each(Object.entries(CASES))("rules of %s", (_file, cases) => {
  it("find what provokes them", async () => {
    const found = await foundBy(cases.map(({ provoke }) => provoke));
    expect(cases.map(({ rule }) => rule).filter((rule) => !found.includes(rule))).toEqual([]);
  });

  it.each(groupsOf(cases).map((group) => ({ group })))("are spared by near misses", async ({ group }) => {
    const found = await foundBy(group.map(({ spare }) => spare));
    expect(group.map(({ rule }) => rule).filter((rule) => found.includes(rule))).toEqual([]);
  });
});
