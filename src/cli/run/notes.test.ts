import { expect, it } from "vitest";
import type { TaskResult } from "../../contract/index.ts";
import { describeLimit, flagValue } from "./describe-limit.ts";
import { failureNotes, summary, warningNotes } from "./notes.ts";

const RESULT: TaskResult = {
  id: "m0123456789ab",
  profile: "base",
  template: "k",
  origin: "fork",
  isolation: { kind: "emulated", accelerator: "tcg", reason: "/dev/kvm does not exist: no virtualization" },
  outcome: { kind: "exited", code: 0 },
  exitCode: 0,
  inputs: [],
  outputs: [],
  refusedOutputs: [],
  refusedStreams: [],
  startedAt: "2026-01-01T00:00:00Z",
  timings: { machine: 180 },
  warnings: [],
  disposal: { complete: true, steps: [{ step: "process", ok: true, ms: 3, detail: "" }] },
};

it("has nothing to say of a task that went well", () => {
  expect([...failureNotes(RESULT), ...warningNotes(RESULT)]).toEqual([]);
});

it("names the limit, its value and the flag that raises it", () => {
  const notes = failureNotes({ ...RESULT, outcome: { kind: "limit", limit: "timeMs", allowed: 30_000 } });
  expect(notes.join("\n")).toMatch(/over its time limit of 30 s[\s\S]*--time 1m/);
});

it.each([
  ["outputBytes", "--output 1M"],
  ["outFiles", "--out-files 10"],
] as const)("suggests more than nothing where %s was 0", (limit, flag) => {
  const notes = failureNotes({ ...RESULT, outcome: { kind: "limit", limit, allowed: 0 } });
  expect(notes.join("\n")).toContain(`such as ${flag}.`);
});

it("neutralises what a guest named", () => {
  const notes = warningNotes({ ...RESULT, refusedStreams: [{ name: "evil\u001b[2J", port: 80 }] });
  expect(notes).toEqual(["refused: a connection to evil\\u{1b}[2J:80"]);
});

it("names a few of many and counts the rest", () => {
  const refusedOutputs = Array.from({ length: 40 }, (_, i) => ({
    path: `f${i}`,
    why: "it is a symbolic link",
  }));
  const notes = warningNotes({ ...RESULT, refusedOutputs });
  expect(notes).toHaveLength(6);
  expect(notes.at(-1)).toContain("35 more");
});

it("says loudly that disposal is not proved", () => {
  const steps = [{ step: "process", ok: false, ms: 3, detail: "still there" }];
  expect(failureNotes({ ...RESULT, disposal: { complete: false, steps } })[0]).toContain(
    "NOT proved gone: process: still there",
  );
});

it("sums up where it ran", () => {
  expect(summary(RESULT)).toBe(
    "ran in its own micro-VM (emulated: no KVM) · fork 180 ms · gone: 1 of 1 disposal steps",
  );
});

it("writes limits as people and flags do", () => {
  expect([describeLimit("timeMs", 600_000), flagValue("timeMs", 600_000)]).toEqual(["10 min", "10m"]);
  expect([describeLimit("timeMs", 500), flagValue("timeMs", 500)]).toEqual(["500 ms", "500ms"]);
  expect([describeLimit("memory", 2 ** 29), flagValue("memory", 2 ** 29)]).toEqual(["512 MiB", "512M"]);
  expect(flagValue("timeMs", 7 * 24 * 3_600_000)).toBe("168h");
  expect(flagValue("outputBytes", 100)).toBe("100");
  expect(flagValue("processes", 100)).toBe("100");
});
