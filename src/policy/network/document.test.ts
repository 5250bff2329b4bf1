import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMayflyError } from "../../foundation/index.ts";
import {
  compileNetwork,
  mergeNetwork,
  networkOfOptions,
  parseDestination,
  parsePolicy,
  type Verdict,
} from "./index.ts";

const GOOD = `# yaml-language-server: $schema=policy.schema.json
network:
  allow:
    - packages
    - "*.example.org"
    - to: api.example.com
      inspect: true
      inject:
        Authorization: { env: TOKEN }
  deny: [ads.example.org]
  private: ["10.1.2.3:8443"]
  budget: { bytesOut: 10M, connections: 100 }
`;

async function decide(text: string, host: string, port = 443): Promise<Verdict> {
  const { policy, locate } = await parsePolicy(text, "policy.yaml");
  return compileNetwork(policy, locate).decide(parseDestination(host, port));
}

async function refused(text: string): Promise<string> {
  try {
    await decide(text, "example.org");
  } catch (cause) {
    if (isMayflyError(cause, "E_BAD_POLICY")) return cause.message;
    throw cause;
  }
  return expect.fail("should have been refused");
}

describe("a policy document", () => {
  it("gives rules their file and line", async () => {
    expect(await decide(GOOD, "www.example.org")).toMatchObject({
      allowed: true,
      rule: 'network.allow[1] "*.example.org" (policy.yaml:5)',
    });
    expect(await decide(GOOD, "api.example.com")).toMatchObject({
      rule: 'network.allow[2] "api.example.com" (policy.yaml:6)',
    });
    expect(await decide(GOOD, "ads.example.org")).toMatchObject({
      allowed: false,
      rule: 'network.deny[0] "ads.example.org" (policy.yaml:10)',
    });
    expect(await decide(GOOD, "10.1.2.3", 8443)).toMatchObject({
      rule: 'network.private[0] "10.1.2.3:8443" (policy.yaml:11)',
    });
  });

  it("may be JSON, may have sizes, may say nothing of the network", async () => {
    const { policy } = await parsePolicy(
      '{"$schema": "x", "network": {"budget": {"bytesOut": "1K"}}}',
      "p.json",
    );
    expect(compileNetwork(policy).budget).toEqual({ bytesOut: 1024, connectionsPerSecond: 1000 });
    expect(compileNetwork((await parsePolicy("{}", "p.json")).policy).isClosed).toBe(true);
  });

  it.each([
    [
      "a mistyped key",
      GOOD.replace("inspect:", "inspekt:"),
      'policy.yaml:7: network.allow[2].inspekt: no such key; did you mean "inspect"?',
    ],
    [
      "a mistyped part",
      GOOD.replace("network:", "netwrok:"),
      'policy.yaml:2: netwrok: no such key; did you mean "network"?',
    ],
    [
      "a mistyped set",
      GOOD.replace("packages", "pakages"),
      'policy.yaml:4: network.allow[0]: "pakages": there is no such set; did you mean "packages"?',
    ],
    [
      "a public suffix",
      GOOD.replace("*.example.org", "*.co.uk"),
      /^policy\.yaml:5: network\.allow\[1\]: anyone can have a name below co\.uk/,
    ],
    [
      "a star without quotes",
      GOOD.replace('"*.example.org"', "*.example.org"),
      /^policy\.yaml:5: .*put it in quotes/,
    ],
    [
      "brackets without quotes",
      "network:\n  private:\n    - [fd00::7]\n",
      "policy.yaml:3: network.private[0]: must be text",
    ],
    [
      "a header over TLS",
      GOOD.replace("inspect: true", "tls: required"),
      /^policy\.yaml:8: network\.allow\[2\]\.inject: .*`inspect: true`/,
    ],
    [
      "a bad budget",
      GOOD.replace("10M", "many"),
      /^policy\.yaml:12: network\.budget\.bytesOut: must be .*10M/,
    ],
    ["a key that is there twice", `${GOOD}  deny: []\n`, /^policy\.yaml:13: /],
    ["broken YAML", "network: [\n", /^policy\.yaml:\d: /],
    ["no mapping", "- web\n", "policy.yaml:1: must be a mapping"],
    ["nothing", "", "policy.yaml:1: must be a mapping"],
    ["an empty list", "network:\n  allow:\n", "policy.yaml:2: network.allow: must be a list"],
  ])("tells %s with its line", async (_what, text, message) => {
    const told = await refused(text);
    if (typeof message === "string") expect(told).toBe(message);
    else expect(told).toMatch(message);
  });

  it("never fails in another way", async () => {
    const words = fc.constantFrom(
      "network",
      "allow",
      "deny",
      "private",
      "budget",
      "to",
      "ports",
      "web",
      "*.a.b",
      "10.0.0.1:1",
      7,
      null,
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        words,
        fc.array(tie("tree")),
        fc.dictionary(words.map(String), tie("tree")),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.json(),
          tree.map((value) => JSON.stringify({ network: value })),
        ),
        async (text) => {
          try {
            await decide(text, "example.org");
          } catch (cause) {
            expect(isMayflyError(cause, "E_BAD_POLICY")).toBe(true);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe("policies that are merged", () => {
  it("add up, each rule keeping the place where it was written", async () => {
    const profile = await parsePolicy(
      "network: { allow: [packages], budget: { connections: 5, bytesOut: 9 } }",
      "profile.yaml",
    );
    const file = await parsePolicy(
      "network:\n  allow:\n    - example.org\n  deny: [pypi.org]\n  budget: { connections: 7 }\n",
      "policy.yaml",
    );
    const merged = mergeNetwork(profile, file, networkOfOptions(["example.net:22"]), {
      allow: ["example.com"],
    });
    const network = compileNetwork(merged.policy, merged.locate);
    const rule = (host: string, port = 443): unknown => network.decide(parseDestination(host, port)).rule;
    expect(rule("rubygems.org")).toBe('network.allow[0] "packages" (profile.yaml:1)');
    expect(rule("pypi.org")).toBe('network.deny[0] "pypi.org" (policy.yaml:4)');
    expect(rule("example.org")).toBe('network.allow[0] "example.org" (policy.yaml:3)');
    expect(rule("example.net", 22)).toBe('--allow "example.net:22"');
    expect(rule("example.com")).toBe('network.allow[0] "example.com"');
    expect(network.budget).toEqual({ connections: 5, bytesOut: 9, connectionsPerSecond: 1000 });
  });

  it("tell a mistake where it was made", () => {
    const merged = mergeNetwork({ allow: ["web"] }, networkOfOptions(["pypi.org", "*"]));
    expect(() => compileNetwork(merged.policy, merged.locate)).toThrow(/^--allow: "\*": .*write "web"/);
  });

  it("allow nothing where there are none", () => {
    const { policy, locate } = mergeNetwork();
    expect(compileNetwork(policy, locate).isClosed).toBe(true);
  });
});
