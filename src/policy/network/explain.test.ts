import { describe, expect, it } from "vitest";
import { compileNetwork, explainNetwork } from "./index.ts";

const network = compileNetwork({
  allow: [
    { to: "api.example.org", tls: "required", inspect: true, inject: { Authorization: "s3cret" } },
    "1.1.1.1",
  ],
  private: ["10.1.2.3:443", "10.1.2.3:80"],
  budget: { bytesOut: 2048, connectionsPerSecond: 5 },
});

describe("explainNetwork", () => {
  it("tells the rule, its terms without secrets, and what is still checked", () => {
    const told = explainNetwork(network, "API.example.org.", 443);
    expect(told).toEqual({
      target: "api.example.org:443",
      allowed: true,
      rule: 'network.allow[0] "api.example.org"',
      reason: "",
      terms: { tls: true, inspect: true, inject: ["Authorization"] },
      checks: [
        'each address that api.example.org turns out to have must be public or 10.1.2.3:443 (network.private[0] "10.1.2.3:443")',
        "the stream must begin with TLS for api.example.org",
        "at most 2 KiB may leave, of all streams together",
        "at most 5 streams a second",
      ],
    });
    expect(JSON.stringify(told)).not.toContain("s3cret");
  });

  it("tells of the bound that a policy has without saying so", () => {
    const silent = compileNetwork({ allow: ["web"], budget: { connections: 7 } });
    expect(explainNetwork(silent, "example.org", 443).checks).toEqual([
      "each address that example.org turns out to have must be public",
      "at most 7 streams in all",
      "at most 1000 streams a second",
    ]);
  });

  it.each([
    ["tls", "the stream must begin with TLS"],
    ["http", "the stream must begin with a request of HTTP/1"],
  ] as const)("tells that it must begin with %s", (protocol, check) => {
    const told = explainNetwork(compileNetwork({ allow: [{ to: "1.1.1.1:443", protocol }] }), "1.1.1.1", 443);
    expect(told).toMatchObject({ terms: { protocol }, checks: [check, "at most 1000 streams a second"] });
  });

  it("has nothing to resolve of an address", () => {
    expect(explainNetwork(network, "1.1.1.1", 443)).toMatchObject({ allowed: true, target: "1.1.1.1:443" });
    expect(explainNetwork(network, "10.1.2.3", 80)).toMatchObject({
      allowed: true,
      rule: 'network.private[1] "10.1.2.3:80"',
    });
  });

  it("shows another alphabet as what it is", () => {
    expect(explainNetwork(network, "раураl.com", 443)).toMatchObject({
      target: "xn--l-7sba6dbr.com:443",
      allowed: false,
    });
  });

  it("tells why not", () => {
    expect(explainNetwork(network, "localhost", 80)).toEqual({
      target: "localhost:80",
      allowed: false,
      rule: undefined,
      reason: "it is the host itself",
      terms: undefined,
      checks: [],
    });
  });
});
