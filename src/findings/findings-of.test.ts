import { describe, expect, it } from "vitest";
import { evidence, exec, stream, witnessed } from "../../test/support/evidence.ts";
import { MATRIX } from "../../test/support/shipped-rules.ts";
import type { WitnessEvent } from "../contract/index.ts";
import { NO_NETWORK } from "../contract/index.ts";
import { FindingWatch, findingsOf, parseRules, type TaskEvidence } from "./index.ts";

/** Whether one rule with this pattern matches. */
async function matches(pattern: string, given: TaskEvidence): Promise<boolean> {
  const text = `rules: [{ id: a-rule, severity: low, text: x, ${pattern} }]`;
  return findingsOf(given, await parseRules(text, "x.yaml", MATRIX)).length === 1;
}

describe("once", () => {
  it("knows what a program was called, and who started it", async () => {
    const given = witnessed(
      exec("bash", { pid: 5 }),
      { kind: "fork", at: 1, pid: 5, child: 6 },
      exec("ls -l /etc", { pid: 6, at: 2, program: "/bin/busybox" }),
    );
    for (const pattern of [
      "match: { event: exec, name: ls }",
      "match: { event: exec, name: busybox }",
      "match: { event: exec, parent: bash, word: /etc }",
      'match: { event: exec, ancestor: bash, command: { contains: "-l" } }',
      "match: { event: exec, all: [{ event: exec, user: 1000 }, { event: exec, origin: { not: memory } }] }",
      "match: { event: exec, name: ls, not: { event: exec, parent: zsh } }",
    ])
      expect(await matches(pattern, given), pattern).toBe(true);
    expect(await matches("match: { event: exec, parent: ls }", given)).toBe(false);
    expect(await matches("match: { event: exec, name: ls, user: { atMost: 999 } }", given)).toBe(false);
  });

  it("keeps at most 20 pieces of evidence in order of time, counts the rest, and says whose word it is", async () => {
    const rules = await parseRules(
      "rules: [{ id: a-rule, severity: high, text: x, techniques: [T1059], match: { event: exec } }]",
      "x.yaml",
      MATRIX,
    );
    const events = Array.from({ length: 25 }, (_, at) => exec(`run ${"y".repeat(400)}`, { at, pid: at + 1 }));
    const [finding, ...others] = findingsOf(witnessed(...events), rules);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ rule: "a-rule", severity: "high", voice: "witness", evidenceOmitted: 5 });
    expect(finding?.techniques.map(({ name }) => name)).toEqual(["Command and Scripting Interpreter"]);
    expect(finding?.evidence.map(({ at }) => at)).toEqual(Array.from({ length: 20 }, (_, at) => at));
    expect(finding?.evidence[3]).toMatchObject({ pid: 4, voice: "witness" });
    expect(finding?.evidence[3]?.text).toMatch(/^\/usr\/bin\/run \(4\) was started: run y+…$/);
  });

  it("hears the host and the guest", async () => {
    const given = evidence({
      network: {
        ...NO_NETWORK,
        streams: [
          stream("10.1.2.3", 445),
          stream("example.org", 443, {
            decision: { allowed: true, rule: "x", reason: "" },
            addresses: ["93.184.216.34"],
            tls: { serverName: "other.example", alpn: [] },
          }),
        ],
        lookups: ["xk2j9fq7bz1v.example"],
        bytesOut: 11 * 2 ** 20,
      },
      outcome: { kind: "limit", limit: "timeMs", allowed: 1 },
    });
    for (const pattern of [
      "match: { event: stream, plain: true, range: private, allowed: false }",
      "match: { event: stream, range: public, otherName: true }",
      "match: { event: network, bytesOut: { atLeast: 10M } }",
      "match: { event: lookup, oddness: { atLeast: 0.5 } }",
      "match: { event: outcome, limit: timeMs }",
      "match: { any: [{ event: exec }, { event: outcome, kind: limit }] }",
    ])
      expect(await matches(pattern, given), pattern).toBe(true);
    expect(await matches("match: { event: stream, host: 10.1.2.3, port: 443 }", given)).toBe(false);
  });
});

describe("a count", () => {
  const runs = (names: readonly string[], pause: number): TaskEvidence =>
    witnessed(...names.map((name, i) => exec(name, { at: i * pause, pid: i + 1 })));
  const burst = "match: { event: exec }, count: { atLeast: 3, distinct: name, within: 1s }";

  it("wants so many, different where it says so, within its time", async () => {
    expect(await matches(burst, runs(["a", "b", "c"], 400))).toBe(true);
    expect(await matches(burst, runs(["a", "b", "c"], 600))).toBe(false);
    expect(await matches(burst, runs(["a", "a", "b", "a", "b"], 100))).toBe(false);
    expect(await matches(burst, runs(["a", "b", "b", "b", "b", "a", "c"], 300))).toBe(true);
  });

  it("counts each value of a field by itself", async () => {
    const per = "match: { event: stream }, count: { atLeast: 3, distinct: port, per: host }";
    const to = (...targets: (readonly [string, number])[]): TaskEvidence =>
      evidence({ network: { ...NO_NETWORK, streams: targets.map(([host, port]) => stream(host, port)) } });
    expect(await matches(per, to(["a", 1], ["a", 2], ["b", 3], ["a", 3]))).toBe(true);
    expect(await matches(per, to(["a", 1], ["a", 2], ["b", 3], ["b", 4]))).toBe(false);
  });

  it("tells what is even from what is not", async () => {
    const beat = "match: { event: stream }, count: { atLeast: 4, regular: 0.2, apart: 1s }";
    const at = (...times: readonly number[]): TaskEvidence =>
      evidence({ network: { ...NO_NETWORK, streams: times.map((each) => stream("a", 443, { at: each })) } });
    expect(await matches(beat, at(0, 2000, 4100, 6000))).toBe(true);
    expect(await matches(beat, at(0, 200, 400, 600))).toBe(false);
    expect(await matches(beat, at(0, 1000, 7000, 8000))).toBe(false);
  });
});

describe("a sequence", () => {
  const drop = "sequence: [{ event: [create, rename] }, { event: exec }], same: file, within: 10s";
  const made = (path: string, at: number): WitnessEvent => ({
    kind: "create",
    at,
    pid: 1,
    path,
  });
  const ran = (program: string, at: number): WitnessEvent => exec("x", { program, at });

  it("wants its steps in order, about one file, within its time", async () => {
    expect(await matches(drop, witnessed(made("/tmp/a", 0), made("/tmp/b", 1), ran("/tmp/a", 2)))).toBe(true);
    expect(await matches(drop, witnessed(ran("/tmp/a", 0), made("/tmp/a", 1)))).toBe(false);
    expect(await matches(drop, witnessed(made("/tmp/a", 0), ran("/tmp/b", 1)))).toBe(false);
    expect(await matches(drop, witnessed(made("/tmp/a", 0), ran("/tmp/a", 11_000)))).toBe(false);
    expect(
      await matches(drop, witnessed(made("/tmp/a", 0), made("/tmp/a", 10_500), ran("/tmp/a", 11_000))),
    ).toBe(true);
    const renamed: WitnessEvent = { kind: "rename", at: 1, pid: 1, path: "/tmp/x", to: "/tmp/a" };
    expect(await matches(drop, witnessed(renamed, ran("/tmp/a", 2)))).toBe(true);
  });
});

describe("a watch", () => {
  it("tells each rule's first finding, once, as it comes", async () => {
    const rules = await parseRules(
      "rules: [{ id: a-rule, severity: low, text: x, match: { event: exec, name: id } }, { id: b-rule, severity: high, text: y, match: { event: stream, allowed: false } }]",
      "x.yaml",
      MATRIX,
    );
    const watch = new FindingWatch(rules);
    expect(watch.event(exec("ls"))).toEqual([]);
    expect(watch.event(exec("id")).map(({ rule }) => rule)).toEqual(["a-rule"]);
    expect(watch.event(exec("id"))).toEqual([]);
    expect(watch.stream(stream("a", 1))).toMatchObject([{ rule: "b-rule", voice: "outside" }]);
  });
});

it("forgets what is too much to remember, and goes on", async () => {
  const pattern = "match: { event: create }, count: { atLeast: 2, per: path }";
  const events = Array.from({ length: 20_000 }, (_, i): WitnessEvent => {
    return { kind: "create", at: i, pid: i, path: `/tmp/${i % 10_000}` };
  });
  expect(await matches(pattern, witnessed(...events))).toBe(false);
  expect(await matches(pattern, witnessed(...events.slice(0, 2000), ...events.slice(0, 1)))).toBe(true);
});
