import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { schemaErrors } from "../../test/report/schema-errors.ts";
import { SAMPLE, withName, HOSTILE_NAMES, unsigned } from "../../test/support/sample-report.ts";
import { bothRules, type WitnessEvent } from "../contract/index.ts";
import { neutralise } from "../foundation/index.ts";
import { admit } from "../policy/index.ts";
import { boundWitness } from "./bound-witness.ts";
import { NO_EVIDENCE } from "./evidence.ts";
import { grantedAndUsed, grantedRules } from "./granted.ts";
import { buildReport, canonicalJson, decodeSignedReport, noteOf, processTree, treeRows } from "./index.ts";

const fork = (pid: number, child: number, at = 0): WitnessEvent => ({ kind: "fork", at, pid, child });
const exit = (pid: number, at = 0): WitnessEvent => ({ kind: "exit", at, pid, code: 0, signal: undefined });

describe("the process tree", () => {
  const shape = (events: readonly WitnessEvent[]): string =>
    treeRows(processTree(events), 100)
      .map(({ node, depth }) => `${"-".repeat(depth)}${node.pid}`)
      .join(" ");

  it("puts each process below the one that made it", () => {
    expect(shape(SAMPLE.witness.events)).toBe("10 -11 -12");
    expect(shape([fork(1, 2), fork(2, 3), fork(1, 4)])).toBe("1 -2 --3 -4");
  });

  it("tells two lives of one number apart", () => {
    const roots = processTree([fork(1, 2, 1), exit(2, 5), fork(1, 2, 7), exit(2, 9)]);
    expect(roots[0]?.children.map(({ from, to }) => [from, to])).toEqual([
      [1, 5],
      [7, 9],
    ]);
  });

  it("makes roots of processes whose parent nobody told of", () => {
    expect(shape([exit(7), fork(9, 10)])).toBe("7 9 -10");
  });

  it("has no cycle, whatever the guest says", () => {
    expect(shape([fork(1, 2), fork(2, 1), fork(1, 1)])).toBe("1 -2 --1");
    const pid = fc.integer({ min: 0, max: 6 });
    const event = fc.oneof(
      fc.record({ kind: fc.constant("fork" as const), at: fc.integer(), pid, child: pid }),
      pid.map((each) => exit(each)),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const rows = treeRows(processTree(events), Infinity);
        expect(new Set(rows.map(({ node }) => node)).size).toBe(rows.length);
        expect(rows.length).toBeLessThanOrEqual(events.length * 2);
      }),
    );
  });

  it("takes a chain of 20,000 processes", () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => fork(i + 1, i + 2));
    expect(treeRows(processTree(chain), Infinity)).toHaveLength(20_001);
  });
});

describe("building a report", () => {
  const task = admit({
    command: ["sh"],
    inputs: ["/tmp/invoice.docx", "/tmp/other"],
    policy: {
      network: { allow: ["*.org", { to: "unused.example", inject: { "X-Key": "s3cret" }, inspect: true }] },
    },
  });
  const { witness, resources, memory, findings, result, origin } = SAMPLE;
  const stream = {
    ...SAMPLE.result.network.streams[0],
    decision: { allowed: true, rule: 'network.allow[0] "*.org"', reason: "" },
  };
  const network = {
    ...result.network,
    streams: [stream, result.network.streams[1]],
  } as typeof result.network;
  const report = buildReport({
    origin,
    result: { ...result, network },
    evidence: { witness, resources, memory },
    findings: [...findings].reverse(),
    task,
  });
  const used = (what: string): string | undefined => report.granted.find((item) => item.what === what)?.used;

  it("says what was granted and what of it was used", () => {
    expect(used("input invoice.docx")).toBe("1.2 KiB copied in");
    expect(used("input other")).toBe("");
    expect(used('network.allow[0] "*.org"')).toBe("1 stream to example.org:443: 517 B out, 4 KiB in");
    expect(used('network.allow[1] "unused.example"')).toBe("");
    expect(used("network, anything else")).toBe("1 stream to evil.example:6667 refused");
    expect(used("limit memory")).toContain("42.9 MiB");
    expect(used("limit processes")).toBe("at most 2 at once, by the witness");
  });

  it("counts a stream for both rules that it needed, however the address is spelt", () => {
    const needed = admit({
      command: ["sh"],
      policy: {
        network: { allow: ["example.org"], private: ["10.0.0.1:443", "[FD00:0::7]:443", "10.0.0.2:443"] },
      },
    });
    const [allow, first] = grantedRules(needed.network).map(({ rule }) => rule) as [string, string];
    const rule = bothRules(allow, first);
    const decided = { ...stream, decision: { allowed: true, rule, reason: "" }, connected: "fd00::7" };
    const streams = [decided] as typeof network.streams;
    const items = grantedAndUsed(needed, { ...result, network: { ...network, streams } }, SAMPLE);
    const uses = items.filter(({ what }) => what.startsWith("network.")).map((item) => item.used !== "");
    expect(uses).toEqual([true, true, true, false]);
  });

  it("never has a secret in it", () => {
    expect(JSON.stringify(report)).not.toContain("s3cret");
    expect(report.rules[1]?.inject).toEqual([{ header: "X-Key", from: "literal" }]);
  });

  it("puts the gravest finding first, and counts", () => {
    expect(report.findings.map(({ rule }) => rule)).toEqual(["kernel-text", "persistence-autostart"]);
    expect(noteOf(report, "/x")).toMatchObject({
      findings: { critical: 1, high: 1, low: 0 },
      gravest: { rule: "kernel-text" },
    });
  });

  it("neutralises every text, whoever it is from", () => {
    for (const name of HOSTILE_NAMES) {
      const { result: named, ...parts } = withName(name);
      const built = buildReport({
        origin,
        result: named,
        evidence: parts,
        findings: parts.findings,
        task: undefined,
      });
      const texts: string[] = [];
      JSON.stringify(
        built,
        (_key, value: unknown) => (typeof value === "string" && texts.push(value), value),
      );
      for (const text of texts) expect(neutralise(text, 1e6)).toBe(text);
    }
  });

  it("holds without evidence and without a task", () => {
    const bare = buildReport({ origin, result, evidence: NO_EVIDENCE, findings: [], task: undefined });
    expect(bare).toMatchObject({
      command: [],
      granted: [],
      rules: [],
      witness: { state: "absent" },
      memory: { state: "unchecked" },
    });
  });

  it("leaves out events that are too long together, and says so", () => {
    const bounded = boundWitness(SAMPLE.witness, 400);
    expect(bounded.events.length).toBeLessThan(SAMPLE.witness.events.length);
    expect(bounded.omitted).toBe(SAMPLE.witness.events.length - bounded.events.length);
    expect(bounded.missing.at(-1)).toContain(`${bounded.omitted} events are left out`);
  });
});

describe("reading a report", () => {
  const text = JSON.stringify(unsigned(SAMPLE));

  it("gives back what was written", () => {
    expect(decodeSignedReport(text)).toEqual(JSON.parse(text));
  });

  it("refuses what is none, and says where", () => {
    expect(() => decodeSignedReport("{")).toThrow(/no JSON/);
    expect(() => decodeSignedReport("{}")).toThrow(/no report of Mayfly's/);
    expect(() => decodeSignedReport(text.replace('"bytes":1234', '"bytes":"x"'))).toThrow(
      /report\.result\.inputs\.0\.bytes/,
    );
    expect(() => decodeSignedReport(text.replace('"critical"', '"<b>"'))).toThrow(/severity/);
  });

  it("is as docs/report.schema.json says, which refuses another type", () => {
    const wrong = text.replace('"bytes":1234', '"bytes":"x"');
    expect(schemaErrors(JSON.parse(text))).toBe("");
    expect(wrong).not.toBe(text);
    expect(schemaErrors(JSON.parse(wrong))).toContain("data/report/result/inputs/0/bytes must be integer");
  });

  it("writes canonical JSON as RFC 8785 has it", () => {
    expect(canonicalJson({ b: [1e21, 0.1, -0, null], a: "\u20ac\n", "\u00e9": true, c: undefined })).toBe(
      '{"a":"€\\n","b":[1e+21,0.1,0,null],"é":true}',
    );
  });
});
