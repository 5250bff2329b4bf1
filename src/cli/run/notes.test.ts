import { expect, it } from "vitest";
import { NO_NETWORK, type StreamRecord, type TaskResult } from "../../contract/index.ts";
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
  network: NO_NETWORK,
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
  const refusedOutputs = [{ path: "evil\u001b[2J", why: "it is a device" }];
  expect(warningNotes({ ...RESULT, refusedOutputs })).toEqual([
    "left behind: evil\\u{1b}[2J (it is a device)",
  ]);
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

it.each([
  [4_096, 1],
  [4_095, 0],
  [undefined, 0], // an earlier version did not count
])(
  "with %s connections open at a time, tells that the guest may have refused more: %i",
  (mostOpen, notes) => {
    const told = warningNotes({ ...RESULT, network: { ...NO_NETWORK, mostOpen } });
    expect(told.filter((note) => /4096 .*refuses more/.test(note))).toHaveLength(notes);
  },
);

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

const STREAM: StreamRecord = {
  at: 1,
  target: { host: "example.org", port: 443 },
  program: undefined,
  decision: { allowed: false, rule: undefined, reason: "nothing is allowed" },
  addresses: [],
  connected: undefined,
  tls: undefined,
  inspected: false,
  http: [],
  bytesOut: 0,
  bytesIn: 0,
  end: "refused",
  lasted: 0,
};

it("tells each refused connection once, why, and how to allow it", () => {
  const network = { ...NO_NETWORK, streams: [STREAM, STREAM] };
  expect(warningNotes({ ...RESULT, network })).toEqual([
    "refused: example.org:443 (nothing is allowed), 2 times",
    "  Allow it with --allow example.org:443, if the task may reach it.",
  ]);
});

it("does not offer to allow what a rule refuses or what cannot be reached", () => {
  const decision = { allowed: false, rule: 'network.deny[0] "x"', reason: "it is denied" };
  const away: StreamRecord = {
    ...STREAM,
    decision: { allowed: true, rule: "r", reason: "nobody listens there" },
    end: "unreachable",
  };
  const network = { ...NO_NETWORK, streams: [{ ...STREAM, decision }, away] };
  expect(warningNotes({ ...RESULT, network })).toEqual([
    "refused: example.org:443 (it is denied)",
    "not connected: example.org:443 (nobody listens there)",
  ]);
});

it("says what went over the network", () => {
  const made: StreamRecord = { ...STREAM, connected: "192.0.2.1", end: "closed" };
  const network = { ...NO_NETWORK, streams: [made, made], bytesOut: 2048, bytesIn: 3 };
  expect(summary({ ...RESULT, network })).toContain(" · 2 connections to example.org: 2 KiB out, 3 B in · ");
});
