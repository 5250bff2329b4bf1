/* eslint max-depth: ["error", 4] -- each reference of each property of each object */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SAMPLE, unsigned } from "../../../test/support/sample-report.ts";
import { bothRules, type GrantedRule, type Report, type StreamRecord } from "../../contract/index.ts";
import { AttackMatrix } from "../../findings/index.ts";
import { parsePolicy, compileNetwork } from "../../policy/network/index.ts";
import { renderReport, tighten } from "./index.ts";
import { observableId } from "./stix/ids.ts";

const matrix = new AttackMatrix(
  readFileSync(new URL("../../../data/attack-techniques.tsv", import.meta.url), "utf8"),
);
const render = (format: "stix" | "jsonl"): string =>
  renderReport(unsigned(SAMPLE), format, (id) => matrix.find(id)?.stixId);

interface Thing {
  readonly type: string;
  readonly id: string;
  readonly [key: string]: unknown;
}

/** Properties that STIX 2.1 requires of each type that is used here (§ 3 to 6), besides type and id. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  identity: ["spec_version", "created", "modified", "name"],
  report: ["spec_version", "created", "modified", "name", "published", "object_refs"],
  "malware-analysis": ["spec_version", "created", "modified", "product"],
  "observed-data": [
    "spec_version",
    "created",
    "modified",
    "first_observed",
    "last_observed",
    "number_observed",
    "object_refs",
  ],
  "attack-pattern": ["spec_version", "created", "modified", "name"],
  note: ["spec_version", "created", "modified", "content", "object_refs"],
  software: ["name"],
  process: [],
  file: ["name"],
  directory: ["path"],
  "network-traffic": ["protocols", "dst_ref"],
  "domain-name": ["value"],
  "ipv4-addr": ["value"],
};

describe("the STIX bundle", () => {
  const bundle = JSON.parse(render("stix")) as { type: string; id: string; objects: Thing[] };
  const byId = new Map(bundle.objects.map((each) => [each.id, each]));

  it("has of each object what the standard requires, and ids of the right form", () => {
    expect(bundle.type).toBe("bundle");
    expect(byId.size).toBe(bundle.objects.length);
    for (const each of bundle.objects) {
      expect(Object.keys(REQUIRED)).toContain(each.type);
      for (const property of REQUIRED[each.type] ?? [])
        expect(each, `${each.type}.${property}`).toHaveProperty(property);
      const version = each.type === "process" ? "4" : each.type === "attack-pattern" ? "[45]" : "5";
      expect(each.id).toMatch(
        new RegExp(
          `^${each.type}--[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
        ),
      );
    }
  });

  it("refers to nothing that is not in it, and only to what may be referred to", () => {
    for (const each of bundle.objects)
      for (const [key, value] of Object.entries(each))
        if (/_refs?$/.test(key))
          for (const id of [value].flat() as string[])
            expect(byId.has(id), `${each.type}.${key} ${id}`).toBe(true);
    const kinds = (type: string, key: string): string[] =>
      bundle.objects
        .filter((each) => each.type === type)
        .flatMap((each) => [each[key] ?? []].flat() as string[])
        .map((id) => id.split("--")[0] ?? "");
    const observables = ["process", "file", "directory", "network-traffic", "domain-name", "ipv4-addr"];
    expect(observables).toEqual(expect.arrayContaining(kinds("observed-data", "object_refs")));
    expect(kinds("process", "image_ref").every((kind) => kind === "file")).toBe(true);
    expect(kinds("process", "parent_ref").every((kind) => kind === "process")).toBe(true);
    expect(kinds("malware-analysis", "sample_ref")).toEqual(["file"]);
    expect(kinds("malware-analysis", "host_vm_ref")).toEqual(["software"]);
  });

  it("writes times as the standard wants them, none before it begins", () => {
    for (const each of bundle.objects) {
      for (const [key, value] of Object.entries(each))
        if (
          /^(created|modified|published|first_observed|last_observed|start|end|created_time|submitted)$/.test(
            key,
          )
        )
          expect(value).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      if (each.type === "observed-data")
        expect(String(each["last_observed"]) >= String(each["first_observed"])).toBe(true);
    }
  });

  it("gives techniques MITRE's own ids", () => {
    const pattern = byId.get(matrix.find("T1014")?.stixId ?? "");
    expect(pattern).toMatchObject({
      type: "attack-pattern",
      name: "Rootkit",
      external_references: [{ source_name: "mitre-attack", external_id: "T1014" }],
    });
  });

  it("gives observables the ids that everybody gives them", () => {
    expect(observableId("domain-name", { value: "example.com" })).toBe(
      "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7",
    );
    expect(render("stix")).toBe(render("stix"));
  });
});

describe("JSON lines", () => {
  const lines = render("jsonl")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);

  it("has a line for each event, finding and stream, and one for the task, in the order of time", () => {
    const { witness, findings, result } = SAMPLE;
    expect(lines).toHaveLength(witness.events.length + findings.length + result.network.streams.length + 1);
    const times = lines.map((line) => line["@timestamp"] as unknown as string);
    expect(times).toEqual([...times].sort());
    expect(lines.at(-1)).toMatchObject({
      event: { action: "task-ended" },
      mayfly: { report: SAMPLE.result.id, disposed: true },
    });
  });

  it("names fields as others do", () => {
    expect(
      lines.find((line) => line["event"]?.["kind"] === "alert" && line["rule"]?.["name"] === "kernel-text"),
    ).toMatchObject({
      threat: { framework: "MITRE ATT&CK", technique: { id: ["T1014"] } },
      mayfly: { severity: "critical", voice: "outside" },
    });
    expect(lines.find((line) => line["destination"]?.["domain"] === "evil.example")).toMatchObject({
      event: { type: ["connection", "denied"] },
    });
  });
});

describe("tightening", () => {
  it("keeps hosts that were connected to, with their terms, and nothing else", async () => {
    const { policy, locate } = await parsePolicy(tighten(SAMPLE), "tight.yaml");
    expect(policy).toEqual({
      allow: [
        {
          to: "example.org:443",
          protocol: "tls",
          tls: "required",
          inspect: true,
          inject: { Authorization: { env: "AUTHORIZATION" } },
        },
      ],
      budget: { bytesOut: 517, connections: 1 },
    });
    const compiled = compileNetwork(policy, locate);
    expect(compiled.isClosed).toBe(false);
    expect(tighten(SAMPLE)).toContain("Secrets are in no report");
  });

  it("allows nothing where nothing was connected to", async () => {
    const idle = {
      ...SAMPLE,
      result: { ...SAMPLE.result, network: { ...SAMPLE.result.network, streams: [] } },
    };
    expect((await parsePolicy(tighten(idle), "tight.yaml")).policy).toEqual({});
  });

  const [reached] = SAMPLE.result.network.streams as [StreamRecord];
  const [allow] = SAMPLE.rules as [GrantedRule];
  const listed: GrantedRule = {
    list: "private",
    rule: 'network.private[0] "[FD00:0::7]:443" (this and that.yaml:6)',
    to: "[FD00:0::7]:443",
    tls: undefined,
    inspect: false,
    inject: [],
  };
  const having = (streams: readonly StreamRecord[], omitted = 0): Report => ({
    ...SAMPLE,
    rules: [allow, listed],
    result: { ...SAMPLE.result, network: { ...SAMPLE.result.network, streams, omitted } },
  });

  it("keeps the terms of a name whose address had to be listed too", async () => {
    const decision = { allowed: true, rule: bothRules(allow.rule, listed.rule), reason: "" };
    const { policy } = await parsePolicy(tighten(having([{ ...reached, decision }])), "tight.yaml");
    expect(policy).toMatchObject({
      allow: [{ to: "example.org:443", protocol: "tls", tls: "required", inspect: true }],
      private: [listed.to],
    });
  });

  it("lists a private address however the policy spells it", async () => {
    const { policy } = await parsePolicy(
      tighten(having([{ ...reached, connected: "fd00::7" }])),
      "tight.yaml",
    );
    expect(policy.private).toEqual([listed.to]);
  });

  it("counts streams as the budget does, those too that failed", async () => {
    const failed: StreamRecord = { ...reached, connected: undefined, end: "unreachable" };
    const elsewhere = { ...failed, target: { host: "other.org", port: 443 } };
    const beyond: StreamRecord = { ...failed, end: "budget" };
    const refused: StreamRecord = {
      ...failed,
      decision: { allowed: false, rule: undefined, reason: "its TLS names no server" },
      end: "refused",
    };
    const streams = [failed, reached, elsewhere, beyond, refused];
    const { policy } = await parsePolicy(tighten(having(streams)), "tight.yaml");
    expect(policy.budget?.connections).toBe(3);
  });

  it("says that it may be too small where the record leaves streams out", () => {
    expect(tighten(having([reached], 3))).toContain("# 3 streams were left out of the record");
    expect(tighten(having([], 1))).not.toContain("no policy at all");
    expect(tighten(having([reached]))).not.toContain("left out");
  });
});
