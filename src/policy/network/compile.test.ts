import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NetworkPolicy } from "../../contract/index.ts";
import { isMayflyError } from "../../foundation/index.ts";
import { compileNetwork, parseDestination, type Verdict } from "./index.ts";
import { NETWORK_SETS } from "./sets.ts";

const decide = (policy: NetworkPolicy, host: string, port = 443): Verdict =>
  compileNetwork(policy).decide(parseDestination(host, port));
const allows = (policy: NetworkPolicy, host: string, port = 443): boolean =>
  decide(policy, host, port).allowed;

/** @returns the message of the refusal of a policy */
function bad(policy: unknown): string {
  try {
    compileNetwork(policy as NetworkPolicy);
  } catch (cause) {
    if (isMayflyError(cause, "E_BAD_POLICY")) return cause.message;
  }
  return expect.fail("should have been refused");
}

describe("a compiled policy", () => {
  it("allows nothing by default", () => {
    for (const policy of [{}, { allow: [] }, { allow: ["none"] }]) {
      expect(compileNetwork(policy).isClosed).toBe(true);
      expect(allows(policy, "example.org")).toBe(false);
      expect(allows(policy, "1.1.1.1")).toBe(false);
    }
    expect(compileNetwork({ allow: ["web"] }).isClosed).toBe(false);
    expect(compileNetwork({ private: ["10.0.0.1:1"] }).isClosed).toBe(false);
  });

  it.each([
    ["example.org", "example.org", 80, true],
    ["example.org", "example.org", 443, true],
    ["example.org", "example.org", 8080, false],
    ["example.org", "www.example.org", 443, false],
    ["example.org:8443", "example.org", 8443, true],
    ["example.org:8443", "example.org", 443, false],
    ["example.org:8000-8100", "example.org", 8042, true],
    ["EXAMPLE.org.", "example.org", 443, true],
    ["faß.de", "xn--fa-hia.de", 443, true],
    ["*.example.org", "www.example.org", 443, true],
    ["*.example.org", "a.b.c.example.org", 443, true],
    ["*.example.org", "example.org", 443, false],
    ["*.example.org", "badexample.org", 443, false],
    ["*.example.org", "example.org.evil.net", 443, false],
    ["*.example.org:22", "git.example.org", 22, true],
    ["*.me.github.io", "x.me.github.io", 443, true],
    ["1.1.1.1:853", "1.1.1.1", 853, true],
    ["1.1.1.1", "1.0.0.1", 443, false],
    ["[2606:4700:4700::1111]:53", "2606:4700:4700:0::1111", 53, true],
    ["2606:4700:4700::1111", "2606:4700:4700::1111", 80, true],
    ["web", "anything.example.net", 80, true],
    ["web", "1.1.1.1", 443, true],
    ["web", "anything.example.net", 22, false],
    ["web", "router.lan", 80, false],
    ["router.lan", "router.lan", 80, true],
    ["packages", "pypi.org", 443, true],
    ["packages", "pypi.org", 80, false],
    ["packages", "deb.debian.org", 80, true],
    ["packages", "upload.pypi.org", 443, false],
    ["packages", "github.com", 443, false],
  ])("with %s allowed says of %s:%d %s", (to, ...[host, port, allowed]) => {
    expect(allows({ allow: [to] }, host, port)).toBe(allowed);
  });

  it("lets the first rule that fits say on which terms", () => {
    const policy: NetworkPolicy = {
      allow: [
        { to: "api.example.org", inspect: true, inject: { Authorization: { env: "TOKEN" } } },
        "*.example.org",
      ],
    };
    expect(decide(policy, "api.example.org")).toEqual({
      allowed: true,
      rule: 'network.allow[0] "api.example.org"',
      terms: { tls: false, inspect: true, inject: { Authorization: { env: "TOKEN" } } },
    });
    expect(decide(policy, "www.example.org")).toMatchObject({
      rule: 'network.allow[1] "*.example.org"',
      terms: { tls: false, inspect: false, inject: {} },
    });
  });

  it.each(["http", "tls"] as const)(
    "allows the same with protocol %s as without, and says so in its terms",
    (protocol) => {
      const targets = ["example.org", "*.example.org:22", "1.1.1.1:443", "web", "packages"];
      const hosts = [
        "example.org",
        "www.example.org",
        "1.1.1.1",
        "1.0.0.1",
        "pypi.org",
        "router.lan",
        "localhost",
      ];
      fc.assert(
        fc.property(
          fc.subarray(targets),
          fc.constantFrom(...hosts),
          fc.constantFrom(22, 80, 443, 8443),
          (chosen, host, port) => {
            const plain = decide({ allow: chosen }, host, port);
            const bound = decide({ allow: chosen.map((to) => ({ to, protocol })) }, host, port);
            expect(bound).toEqual(plain.allowed ? { ...plain, terms: { ...plain.terms, protocol } } : plain);
          },
        ),
      );
    },
  );

  it("puts a header into HTTP on whatever port, where nothing else may be spoken there", () => {
    const policy: NetworkPolicy = {
      allow: [{ to: "example.org:8443", protocol: "http", inject: { A: "b" } }],
    };
    expect(decide(policy, "example.org", 8443)).toMatchObject({
      terms: { protocol: "http", inject: { A: "b" } },
    });
  });

  it("refuses what is denied, whatever else it is", () => {
    const policy: NetworkPolicy = {
      allow: ["web", "bad.example.org:22"],
      deny: ["bad.example.org", "*.ads.example", "1.1.1.1:443", "*.ru"],
      private: ["10.0.0.1:443"],
    };
    expect(decide(policy, "bad.example.org", 22)).toEqual({
      allowed: false,
      reason: "it is denied",
      rule: 'network.deny[0] "bad.example.org"',
    });
    expect(allows(policy, "x.ads.example")).toBe(false);
    expect(allows(policy, "x.ru")).toBe(false);
    expect(allows(policy, "1.1.1.1", 443)).toBe(false);
    expect(allows(policy, "1.1.1.1", 80)).toBe(true);
    expect(allows({ ...policy, deny: ["10.0.0.1"] }, "10.0.0.1")).toBe(false);
    expect(allows({ ...policy, deny: ["web"] }, "good.example.org")).toBe(false);
  });

  it("does not dial an address that is denied although its name is allowed", () => {
    const network = compileNetwork({ allow: ["web"], deny: ["1.1.1.1"] });
    const name = { kind: "name", name: "one.example.org", port: 443 } as const;
    expect(network.judgeAddress(name, "1.1.1.1")).toMatchObject({
      allowed: false,
      rule: 'network.deny[0] "1.1.1.1"',
    });
    expect(network.judgeAddress(name, "1.0.0.1")).toEqual({ allowed: true, address: "1.0.0.1", family: 4 });
  });

  it("dials a private address only where exactly it and its port are listed", () => {
    const network = compileNetwork({
      allow: ["git.example.org"],
      private: ["10.1.2.3:443", "[fd00::7]:443", "168.63.129.16:80"],
    });
    const name = (port: number) => ({ kind: "name", name: "git.example.org", port }) as const;
    expect(network.judgeAddress(name(443), "10.1.2.3")).toMatchObject({
      allowed: true,
      rule: 'network.private[0] "10.1.2.3:443"',
    });
    expect(network.judgeAddress(name(80), "10.1.2.3").allowed).toBe(false);
    expect(network.judgeAddress(name(443), "10.1.2.4").allowed).toBe(false);
    expect(network.judgeAddress(name(443), "fd00:0::7").allowed).toBe(true);
    expect(network.judgeAddress(name(443), "::ffff:10.1.2.3").allowed).toBe(false);
    expect(network.decide(parseDestination("10.1.2.3", 443))).toMatchObject({
      allowed: true,
      rule: 'network.private[0] "10.1.2.3:443"',
    });
    expect(network.decide(parseDestination("168.63.129.16", 80)).allowed).toBe(true);
    expect(network.decide(parseDestination("10.1.2.3", 80)).allowed).toBe(false);
  });

  it("gives a private address the terms of the rule that names it", () => {
    const policy: NetworkPolicy = {
      allow: [{ to: "10.1.2.3:8443", inspect: true }],
      private: ["10.1.2.3:8443"],
    };
    expect(decide(policy, "10.1.2.3", 8443)).toMatchObject({ allowed: true, terms: { inspect: true } });
  });

  it("needs a name where TLS is required", () => {
    const policy: NetworkPolicy = { allow: [{ to: "web", tls: "required" }] };
    expect(decide(policy, "example.org")).toMatchObject({ terms: { tls: true } });
    expect(decide(policy, "1.1.1.1")).toMatchObject({
      allowed: false,
      reason: expect.stringContaining("by name") as string,
    });
  });

  it.each<[NetworkPolicy, string, number, RegExp]>([
    [{ allow: ["example.org"] }, "example.org", 22, /ports 80 and 443 only/],
    [{ allow: ["*.example.org"] }, "example.org", 443, /below a name/],
    [{ allow: ["example.org"] }, "example.net", 443, /no rule/],
    [{}, "example.net", 443, /nothing is allowed/],
    [{ allow: ["web"] }, "localhost", 80, /host itself/],
  ])("%j tells why %s:%d is refused", (policy, ...[host, port, reason]) => {
    expect(decide(policy, host, port)).toMatchObject({
      allowed: false,
      reason: expect.stringMatching(reason) as string,
    });
  });
});

describe("a policy with a mistake", () => {
  it.each([
    ["*", /write "web"/],
    ["*.*", /write "web"/],
    ["*:443", /write "web"/],
    ["a.*.b", /write "\*\.example\.org"/],
    ["a*.example.org", /write "\*\.example\.org"/],
    ["*.*.example.net", /write "\*\.example\.net"/],
    ["*.com", /too much.*"\*\.example\.com"/],
    ["*.co.uk", /too much/],
    ["*.github.io", /too much/],
    ["*.lan", /too much/],
    ["*.localhost", /host itself/],
    ["https://example.org:8443/x", /write .*"example\.org:8443"/],
    ["example.org/x", /path/],
    ["10.0.0.0/8", /range of addresses/],
    ["10.1.2.3:8443", /"10\.1\.2\.3:8443" into `private`/],
    ["127.0.0.1", /this host.*`private`/],
    ["[::ffff:1.1.1.1]:443", /private|IPv4/],
    ["1.1", /disguise/],
    ["wbe", /did you mean "web"/],
    ["package", /did you mean "packages"/],
    ["localhost", /host itself/],
    ["example.org:", /no port/],
    ["example.org:0", /no port/],
    ["example.org:70000", /no port/],
    ["example.org:90-80", /no port/],
    ["[1.1.1.1]:80x", /no port/],
    ["", /empty/],
    ["exam\0ple.org", /NUL/],
  ])("%j is told what to write instead", (to, message) => {
    expect(bad({ allow: [to] })).toMatch(message);
    expect(bad({ allow: ["web", to] })).toMatch(/^network\.allow\[1\]/);
  });

  it.each([
    [{ to: "web", ports: [22] }, /own ports/],
    [{ to: "example.org:443", ports: [22] }, /already/],
    [{ to: "example.org", ports: ["x"] }, /ports\[0\]: "x" is no port/],
    [{ to: "example.org", ports: [0] }, /ports\[0\]/],
    [{ to: "example.org", ports: [] }, /ports/],
    [{ to: "1.1.1.1", tls: "required" }, /compares names/],
    [{ to: "example.org", tls: "off" }, /"required"/],
    [{ to: "example.org", protocol: "ssh" }, /"http" or "tls"/],
    [{ to: "example.org", protocol: "http", tls: "required" }, /protocol: `tls: required` means TLS/],
    [{ to: "example.org", protocol: "http", inspect: true }, /protocol: `inspect: true` means TLS/],
    [{ to: "example.org:80", protocol: "tls", inject: { A: "b" } }, /`protocol: tls` means TLS/],
    [{ too: "example.org" }, /too: no such key; did you mean "to"/],
    [{ to: "example.org", inspekt: true }, /did you mean "inspect"/],
    [{ to: "example.org", inject: { A: "b" } }, /inspect: true/],
    [{ to: "example.org:443", inject: { A: "b" } }, /port 443 means TLS/],
    [{ to: "example.org:80", tls: "required", inject: { A: "b" } }, /tls: required/],
    [{ to: "web", inspect: true, inject: { A: "b" } }, /name the host/],
    [{ to: "example.org", inspect: true, inject: { Host: "b" } }, /frames/],
    [{ to: "example.org", inspect: true, inject: { "transfer-encoding": "b" } }, /frames/],
    [{ to: "example.org", inspect: true, inject: { "A B": "b" } }, /no name/],
    [{ to: "example.org", inspect: true, inject: ["A: b"] }, /no name/],
    [{ to: "example.org", inspect: true, inject: { A: "b\r\nC: d" } }, /line end/],
    [{ to: "example.org", inspect: true, inject: { A: "" } }, /empty/],
    [{ to: "example.org", inspect: true, inject: { A: "ü" } }, /ASCII/],
    [{ to: "example.org", inspect: true, inject: { A: { env: "NO SUCH" } } }, /variable/],
    [{ to: "example.org", inspect: true, inject: { A: { envv: "X" } } }, /did you mean "env"/],
    [{ to: "example.org", inspect: true, inject: { A: "1", a: "2" } }, /twice/],
    [
      {
        to: "example.org",
        inspect: true,
        inject: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`A${i}`, "x"])),
      },
      /at most 32/,
    ],
  ])("%j is refused", (rule, message) => {
    expect(bad({ allow: [rule] })).toMatch(message);
  });

  it.each([
    [{ private: ["example.org:443"] }, /write the address/],
    [{ private: ["10.1.2.3"] }, /"10\.1\.2\.3:443"/],
    [{ private: ["10.1.2.3:80-90"] }, /one port/],
    [{ private: ["[::ffff:a01:203]:443"] }, /IPv4 address itself/],
    [{ private: ["0.0.0.0:80"] }, /nothing can be connected/],
    [{ private: ["224.0.0.1:80"] }, /nothing can be connected/],
    [{ private: ["10.0.0.0/8"] }, /range of addresses/],
    [{ deny: ["*"] }, /write "web"/],
    [{ alow: ["web"] }, /network\.alow: no such key; did you mean "allow"/],
    [{ allow: "web" }, /network\.allow/],
    [{ budget: { bytesOut: -1 } }, /budget\.bytesOut/],
    [{ budget: { bytesOut: "lots" } }, /size such as/],
    [{ budget: { connections: 1.5 } }, /budget\.connections/],
    [{ budget: { connectionsPerSecond: 0 } }, /connectionsPerSecond/],
    [{ budget: { conections: 1 } }, /did you mean "connections"/],
    [null, /network/],
  ])("%j is refused as a whole", (policy, message) => {
    expect(bad(policy)).toMatch(message);
  });

  it("may put a header into plain HTTP", () => {
    const terms = { inject: { "X-Api-Key": { file: "/run/key" } } };
    expect(() =>
      compileNetwork({ allow: [{ to: "example.org", ports: [80, 8080], ...terms }] }),
    ).not.toThrow();
  });

  it("never shows a secret", () => {
    const rule = { to: "example.org", inspect: true, inject: { A: "s3cret\n" } };
    expect(bad({ allow: [rule] })).not.toContain("s3cret");
    expect(bad({ allow: [{ ...rule, inject: { A: { env: "X", text: "s3cret" } } }] })).not.toContain(
      "s3cret",
    );
    expect(bad({ allow: [{ ...rule, inject: { A: ["s3cret"] } }] })).not.toContain("s3cret");
    expect(bad({ allow: [{ ...rule, inject: "s3cret" }] })).not.toContain("s3cret");
  });
});

it("has sets of hosts that can be resolved and are no public suffix", () => {
  for (const { hosts } of Object.values(NETWORK_SETS).flat()) {
    if (hosts === "anything public") continue;
    for (const host of hosts) expect(parseDestination(host, 443)).toMatchObject({ kind: "name", name: host });
  }
});
