import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finding, Report } from "../../src/contract/index.ts";
import { Mayfly } from "../../src/index.ts";
import { CASES, PRELUDE } from "./table.ts";

let mayfly: Mayfly;
beforeAll(async () => {
  mayfly = await Mayfly.open();
});
afterAll(async () => {
  await mayfly.close();
});

/** Runs scripts one after the other in one micro-VM, whatever becomes of each. */
async function findingsIn(scripts: readonly string[]): Promise<readonly Finding[]> {
  let report: Report | undefined;
  const script = [PRELUDE, ...scripts.map((each) => `(${each}\n) </dev/null >/dev/null 2>&1`)].join("\n");
  const onReport = (signed: { report: Report }): void => {
    report = signed.report;
  };
  await mayfly.run({ profile: "python", user: "root", command: ["sh"], stdin: script, onReport });
  expect(report?.witness).toMatchObject({ missing: [] });
  return report?.findings ?? [];
}

describe.each(Object.entries(CASES))("rules of %s", (_file, cases) => {
  it("find what provokes them", async () => {
    const found = (await findingsIn(cases.map(({ provoke }) => provoke))).map(({ rule }) => rule);
    expect(cases.map(({ rule }) => rule).filter((rule) => !found.includes(rule))).toEqual([]);
  });

  it("are spared by what only looks like it", async () => {
    const groups = [
      cases.filter((each) => each.apart === undefined),
      ...cases.filter((each) => each.apart).map((each) => [each]),
    ];
    for (const group of groups) {
      const found = (await findingsIn(group.map(({ spare }) => spare))).map(({ rule }) => rule);
      expect(group.map(({ rule }) => rule).filter((rule) => found.includes(rule))).toEqual([]);
    }
  });
});
