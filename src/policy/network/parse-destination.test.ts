import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress } from "./address.ts";
import { parseDestination } from "./parse-destination.ts";

const reason = (host: string, port = 443): string => {
  const parsed = parseDestination(host, port);
  return parsed.kind === "refused" ? parsed.reason : expect.fail(`${host} should have been refused`);
};

describe("parseDestination", () => {
  it.each([
    ["Example.ORG", "example.org"],
    ["example.org.", "example.org"],
    ["_dmarc.a-b.example.org", "_dmarc.a-b.example.org"],
    ["faß.de", "xn--fa-hia.de"],
    ["раураl.com", "xn--l-7sba6dbr.com"],
    ["аррӏе.com", "xn--80ak6aa92e.com"],
    ["ｅｘａｍｐｌｅ。org", "example.org"],
    ["xn--80ak6aa92e.com", "xn--80ak6aa92e.com"],
    ["1.2.3.4.example.org", "1.2.3.4.example.org"],
    [`${"a".repeat(63)}.org`, `${"a".repeat(63)}.org`],
  ])("reads %s as the name %s", (host, name) => {
    expect(parseDestination(host, 443)).toEqual({ kind: "name", name, port: 443 });
  });

  it.each([
    ["1.1.1.1", "1.1.1.1", 4],
    ["2606:4700:4700:0:0:0:0:1111", "2606:4700:4700::1111", 6],
    ["[2606:4700:4700::1111]", "2606:4700:4700::1111", 6],
    ["2606:4700:4700::ABCD", "2606:4700:4700::abcd", 6],
    ["127.0.0.1", "127.0.0.1", 4],
  ])("reads %s as the address %s", (host, address, family) => {
    expect(parseDestination(host, 443)).toEqual({ kind: "address", address, family, port: 443 });
  });

  it.each([
    ["", /empty/],
    [".", /empty/],
    ["example.org\0", /NUL/],
    ["::1\0", /NUL/],
    ["exa mple.org", /space/],
    ["example.org\n", /space/],
    ["example\u001b.org", /control/],
    ["exam\u00adple.org", /invisible/],
    ["exam\u202eple.org", /invisible/],
    [`${"x".repeat(300)}.org`, /longer than 63/],
    [`${"a.".repeat(130)}org`, /longer than 253/],
    ["x".repeat(1e6), /longer than 1024/],
    ["ü".repeat(62) + ".de", /punycode/],
    ["a..example.org", /two dots/],
    [".example.org", /two dots|beginning/],
    ["xn--a.com", /international/],
    ["exa%6dple.org", /"%"/],
    ["user@example.org", /"@"/],
    ["example.org/x", /"\/"/],
    ["example.org\\x", /"\\"/],
    ["localhost", /host itself/],
    ["a.LocalHost.", /host itself/],
    ["printer.local", /mDNS/],
    ["intranet", /no dot/],
    ["0x7f.1", /disguise/],
    ["2130706433", /disguise/],
    ["127.1", /disguise/],
    ["0177.0.0.1", /disguise/],
    ["1.2.3.4.5", /disguise/],
    ["example.0x", /disguise/],
    ["256.1.1.1", /disguise/],
    ["[::ffff:127.0.0.1]", /inside an IPv6/],
    ["::ffff:8.8.8.8", /inside an IPv6/],
    ["2002:808:808::1", /6to4/],
    ["fe80::1%eth0", /zone/],
    ["[1.1.1.1]", /no IPv6/],
    ["[::1", /no IPv6/],
    ["1:2", /no IPv6/],
  ])("refuses %j with the reason", (host, message) => {
    expect(reason(host)).toMatch(message);
  });

  it.each([0, -1, 65_536, 1.5, Number.NaN])("refuses port %d", (port) => {
    expect(reason("example.org", port)).toContain("no port");
  });

  it("shows what it refused in one line of ASCII, cut short", () => {
    const shown = (host: string): string => {
      const parsed = parseDestination(host, 443);
      return parsed.kind === "refused" ? parsed.shown : "";
    };
    expect(shown("а\u001b[2J\0.x..")).toBe("\\u{430}\\u{1b}[2J\\u{0}.x..");
    expect(shown("\0".repeat(1000)).length).toBeLessThanOrEqual(300);
  });

  const anything = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.domain(),
    fc.ipV4Extended(),
    fc.ipV6(),
    fc.stringMatching(/^[0-9a-fx.:[\]%*@-]{0,40}$/),
  );

  it("says nothing of a name that a resolver could read otherwise", () => {
    fc.assert(
      fc.property(anything, fc.nat(65_535), (host, port) => {
        const parsed = parseDestination(host, port);
        if (parsed.kind === "name") {
          expect(parsed.name).toMatch(/^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+$/);
          expect(parsed.name.length).toBeLessThanOrEqual(253);
          expect(parsed.name).not.toMatch(/(^|\.)(\d+|0x[0-9a-f]*)$/);
          expect(parseDestination(parsed.name, port)).toEqual(parsed);
        } else if (parsed.kind === "address") {
          expect(parseAddress(parsed.address)).toEqual({ text: parsed.address, family: parsed.family });
        } else {
          expect(parsed.shown).toMatch(/^[\u0020-\u007e…]{0,300}$/);
          expect(parsed.reason).toMatch(/\w/);
        }
      }),
      { numRuns: 20_000 },
    );
  });
});
