import { isIPv4, isIPv6 } from "node:net";
import { describe, expect, it } from "vitest";
import { HOSTILE_NAMES, SAMPLE, withName } from "../../../../test/support/sample-report.ts";
import type { Report } from "../../../contract/index.ts";
import { stixBundle } from "./index.ts";

interface Thing {
  readonly type: string;
  readonly value?: string;
  readonly [key: string]: unknown;
}

const objectsOf = (report: Report): readonly Thing[] =>
  (stixBundle(report, () => undefined) as { objects: Thing[] }).objects;
const valuesOf = (report: Report, type: string): unknown[] =>
  objectsOf(report)
    .filter((each) => each.type === type)
    .map(({ value }) => value);

/** A report in which `hosts` were asked for, and connected to at `connected`. */
function asking(hosts: readonly string[], connected?: string): Report {
  const [stream] = SAMPLE.result.network.streams;
  if (stream === undefined) throw new Error("the sample has streams");
  const streams = hosts.map((host) => ({ ...stream, target: { host, port: 1 }, connected }));
  const network = { ...SAMPLE.result.network, lookups: hosts, streams };
  return { ...SAMPLE, result: { ...SAMPLE.result, network } };
}

describe("the STIX bundle of a hostile report", () => {
  it.each(HOSTILE_NAMES)("calls %j no domain and no address, and says that it left it out", (name) => {
    const objects = objectsOf(withName(name));
    expect(objects.filter(({ type }) => type === "domain-name" || type === "ipv6-addr")).toEqual([]);
    expect(objects.find(({ type }) => type === "report")?.["description"]).toContain("1 hosts");
  });

  it("has only names that conform to RFC 1034 and RFC 5890 (STIX 2.1, 6.4)", () => {
    const good = ["a.example", "xn--bcher-kva.example", "bücher.example", "7.example"];
    const bad = [
      "_ldap.example",
      "-a.example",
      "a..example",
      "a.example.",
      "",
      "999.1.1.1",
      `${"a".repeat(64)}.b`,
    ];
    expect(valuesOf(asking([...good, ...bad]), "domain-name")).toEqual(good);
  });

  it("has only addresses that are some (STIX 2.1, 6.8 and 6.9)", () => {
    const report = asking(["192.0.2.1", "256.0.2.1", "2001:db8::1", "fe80::1%eth0", "a:b"]);
    expect(valuesOf(report, "ipv4-addr").every((each) => isIPv4(String(each)))).toBe(true);
    expect(valuesOf(report, "ipv6-addr").every((each) => isIPv6(String(each)))).toBe(true);
    expect(valuesOf(report, "ipv6-addr")).toEqual(["2001:db8::1"]);
  });

  it("leads traffic to where it went if what was asked for has no name, as it must lead somewhere (6.12)", () => {
    const traffic = (report: Report): readonly Thing[] =>
      objectsOf(report).filter(({ type }) => type === "network-traffic");
    expect(traffic(asking(["a b"]))).toEqual([]);
    expect(traffic(asking(["a b"], "192.0.2.1"))).toMatchObject([
      { dst_ref: expect.stringMatching(/^ipv4-addr--/) as string },
    ]);
  });

  it.each(HOSTILE_NAMES)("links to no %j: a link is a URL (2.5)", (name) => {
    const patterns = objectsOf(withName(name)).filter(({ type }) => type === "attack-pattern");
    for (const each of patterns)
      expect(each["external_references"]).toEqual([
        { source_name: "mitre-attack", external_id: expect.stringMatching(/^T1/) as string },
      ]);
  });
});
