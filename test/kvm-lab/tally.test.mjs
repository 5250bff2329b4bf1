import { expect, it } from "vitest";
import { Tally } from "./tally.mjs";

/** @param {readonly string[]} lines */
function totalOf(expected, lines) {
  const tally = new Tally();
  for (const line of lines) tally.read(line);
  return tally.total(expected);
}

const COUNTS = "a| Tests: 3 passed, 0 failed, 1 skipped";
const END = "lab: suite a ended with 0";

it("adds up what the suites' last lines say, whichever way they are interleaved", () => {
  const lines = [COUNTS, "b| Tests: 1 passed, 2 failed, 0 skipped", END, "lab: suite b ended with 1"];
  expect(totalOf(["a", "b"], lines)).toEqual({ passed: 4, failed: 2, skipped: 1, missing: [] });
});

it.each([
  ["that never began", []],
  ["that did not end", [COUNTS]],
  ["that said nothing of its tests", [END]],
  ["that passed nothing", ["a| Tests: 0 passed, 0 failed, 9 skipped", END]],
])("takes a suite %s for a failure", (_what, lines) => {
  expect(totalOf(["a"], lines)).toMatchObject({ passed: 0, failed: 1, missing: ["a"] });
});

it("takes a status for a failure where no test says why", () => {
  expect(totalOf(["a"], [COUNTS, "lab: suite a ended with 1"])).toMatchObject({ passed: 3, failed: 1 });
});

it("believes no line but a suite's own", () => {
  expect(totalOf(["a"], ["Tests: 9 passed, 0 failed, 0 skipped", END])).toMatchObject({ passed: 0 });
  expect(totalOf(["a"], [COUNTS.replace("a|", "b|"), "lab: suite b ended with 0"])).toMatchObject({
    passed: 0,
  });
});

it("keeps what ended when the rest is run again, and takes the rest from its second run", () => {
  const first = [COUNTS, END, "b| Tests: 1 passed, 0 failed, 0 skipped"];
  expect(totalOf(["a", "b"], first)).toMatchObject({ passed: 3, failed: 1, missing: ["b"] });
  const second = ["b| Tests: 2 passed, 0 failed, 0 skipped", "lab: suite b ended with 0"];
  expect(totalOf(["a", "b"], [...first, ...second])).toMatchObject({ passed: 5, failed: 0, missing: [] });
});

it("knows which suites have not passed: that failed, or did not come to their end", () => {
  const tally = new Tally();
  const failed = ["b| Tests: 5 passed, 1 failed, 0 skipped", "lab: suite b ended with 1"];
  for (const line of [COUNTS, END, ...failed, "c| Tests: 1 passed, 0 failed, 0 skipped"]) tally.read(line);
  expect(tally.unpassed(["a", "b", "c", "d"])).toEqual(["b", "c", "d"]);
});
