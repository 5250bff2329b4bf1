import { BlockList, isIP } from "node:net";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, it } from "vitest";
import type { NetworkPolicy } from "../../contract/index.ts";
import { compileNetwork, parseDestination, type CompiledNetwork } from "./index.ts";
import { METADATA_ADDRESSES } from "./metadata-addresses.ts";

/** The IANA special-purpose registries, multicast, and forms that embed IPv4: written down apart from the code. */
const FOUR: readonly [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];
const SIX: readonly [string, number][] = [
  ["::", 96],
  ["::ffff:0:0", 96],
  ["::ffff:0:0:0", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["100:0:0:1::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
];
// Apart, as Node takes every IPv4 address to lie in ::ffff:0:0/96.
const special = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [network, length] of FOUR) special.ipv4.addSubnet(network, length, "ipv4");
for (const [network, length] of SIX) special.ipv6.addSubnet(network, length, "ipv6");

const closed = compileNetwork({});
const LISTED: NetworkPolicy = {
  allow: ["web"],
  private: ["10.1.2.3:443", "[fd00::7]:443", "127.0.0.1:8080"],
};
const listed = compileNetwork(LISTED);

/** The address whose first `length` bits are those of `network` and whose others are those of `bits`. */
function within([network, length]: readonly [string, number], bits: Uint8Array): string {
  const bytes = ipaddr.parse(network).toByteArray();
  const mixed = bytes.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, length - i * 8));
    const mask = (0xff << (8 - kept)) & 0xff;
    return (byte & mask) | ((bits[i] ?? 0) & ~mask & 0xff);
  });
  return ipaddr.fromByteArray(mixed).toString();
}

/** One IPv6 address in many spellings, one IPv4 address in its own and in those that embed it. */
function spellings(address: string): string[] {
  const ip = ipaddr.parse(address);
  if (ip instanceof ipaddr.IPv6) {
    const full = ip.parts.map((part) => part.toString(16).padStart(4, "0")).join(":");
    return [address, ip.toNormalizedString(), full, full.toUpperCase(), `[${address}]`, `${address}%1`];
  }
  const [a = 0, b = 0, c = 0, d = 0] = ip.octets;
  const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  const number = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const odd = ip.octets.map((octet) => `0x${octet.toString(16)}`).join(".");
  const embedded = ["::", "::ffff:", "::ffff:0:", "64:ff9b::", "64:ff9b:1::"].flatMap((prefix) => [
    prefix + hex,
    prefix + address,
  ]);
  return [
    address,
    `${address}.`,
    String(number),
    `0x${number.toString(16)}`,
    odd,
    `2002:${hex}::`,
    ...embedded,
  ];
}

function mayBeDialled(network: CompiledNetwork, text: string): boolean {
  const asked = parseDestination("name.example.org", 443);
  if (asked.kind === "refused") return expect.fail("it is a name");
  const literal = network.decide(parseDestination(text, 443));
  return literal.allowed || network.judgeAddress(asked, text).allowed;
}

const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe("addresses", () => {
  it("are never dialled in any special range, however they are written", () => {
    fc.assert(
      fc.property(fc.constantFrom(...FOUR, ...SIX), bytes, (range, bits) => {
        const web = compileNetwork({ allow: ["web"] });
        for (const text of spellings(within(range, bits)))
          expect([text, mayBeDialled(web, text)]).toEqual([text, false]);
      }),
      { numRuns: 3000 },
    );
  });

  it("are dialled only where they are public or listed", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom("10.1.2.3", "fd00::7", "127.0.0.1")),
        (address) => {
          const asked = parseDestination("name.example.org", 443);
          const judged = asked.kind === "refused" ? undefined : listed.judgeAddress(asked, address);
          if (judged?.allowed !== true) return;
          const family = isIP(judged.address) === 4 ? "ipv4" : "ipv6";
          const isPublic =
            !special[family].check(judged.address, family) &&
            (family === "ipv4" || /^[23]/.test(judged.address));
          expect(isPublic || ["10.1.2.3", "fd00::7"].includes(judged.address)).toBe(true);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  it("that are public are dialled, so that not everything is refused", () => {
    for (const address of [
      "1.1.1.1",
      "8.8.8.8",
      "151.101.1.140",
      "2606:4700:4700::1111",
      "2a00:1450:4009::8a",
    ])
      expect([address, mayBeDialled(compileNetwork({ allow: ["web"] }), address)]).toEqual([address, true]);
  });

  it("of metadata services are told as such", () => {
    for (const address of Object.keys(METADATA_ADDRESSES)) {
      expect(closed.decide(parseDestination(address, 80))).toMatchObject({
        allowed: false,
        reason: expect.stringContaining("metadata") as string,
      });
    }
  });

  it.each([
    ["10.0.0.1", /private network/],
    ["127.0.0.1", /this host/],
    ["0.0.0.0", /this host/],
    ["198.18.0.1", /benchmarks/],
    ["192.0.2.1", /documentation/],
    ["100.64.0.1", /carrier-grade/],
    ["255.255.255.255", /broadcast/],
    ["240.0.0.1", /reserved/],
    ["2001:db8::1", /documentation/],
    ["4000::1", /given out/],
    ["100:0:0:1::1", /dummy/],
    ["no address", /plain address/],
    ["1.1.1.1/32", /plain address/],
  ])("%s is refused with a reason", (address, reason) => {
    const judged = closed.judgeAddress({ kind: "name", name: "a.example.org", port: 443 }, address);
    expect(judged).toMatchObject({ allowed: false, reason: expect.stringMatching(reason) as string });
  });
});
