import { expect, it } from "vitest";
import { Tally } from "./tally.mjs";

/** @param {readonly string[]} lines */
function totalOf(expected, lines) {
  const tally = new Tally();
  for (const line of lines) tally.read(line);
  return tally.total(expected);
}

const GOOD = ["lab: suite a begins", "Tests: 3 passed, 0 failed, 1 skipped", "lab: suite a ended with 0"];

it("adds up what the suites' last lines say", () => {
  const other = ["lab: suite b begins", "Tests: 1 passed, 2 failed, 0 skipped", "lab: suite b ended with 1"];
  expect(totalOf(["a", "b"], [...GOOD, ...other])).toEqual({ passed: 4, failed: 2, skipped: 1, missing: [] });
});

it.each([
  ["that never began", []],
  ["that did not end", GOOD.slice(0, 2)],
  ["that said nothing of its tests", [GOOD[0], GOOD[2]]],
  ["that passed nothing", [GOOD[0], "Tests: 0 passed, 0 failed, 9 skipped", GOOD[2]]],
])("takes a suite %s for a failure", (_what, lines) => {
  expect(totalOf(["a"], lines)).toMatchObject({ passed: 0, failed: 1, missing: ["a"] });
});

it("takes a status for a failure where no test says why", () => {
  expect(totalOf(["a"], [...GOOD.slice(0, 2), "lab: suite a ended with 1"])).toMatchObject({ failed: 1 });
});

it("believes no line outside of a suite", () => {
  expect(totalOf([], ["Tests: 9 passed, 0 failed, 0 skipped"])).toMatchObject({ passed: 0 });
});
