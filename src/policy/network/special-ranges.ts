import ipaddr from "ipaddr.js";
import { rangeable, type Address } from "./address.ts";
import { METADATA_ADDRESSES } from "./metadata-addresses.ts";

/** What ipaddr.js calls the ranges of the IANA special-purpose registries, in words. */
const WORDS: Readonly<Record<string, string>> = {
  unspecified: "this host (unspecified)",
  loopback: "this host (loopback)",
  private: "of a private network",
  uniqueLocal: "of a private network (unique local)",
  linkLocal: "link-local",
  carrierGradeNat: "of a provider's own network (carrier-grade NAT)",
  multicast: "multicast",
  broadcast: "broadcast",
  deprecatedSiteLocal: "of a private network (site-local)",
  discard: "a range that is discarded",
  benchmarking: "for benchmarks",
  segmentRouting: "of a network's own routing (SRv6)",
  ipv4Mapped: "an IPv4 address inside an IPv6 address (mapped)",
  rfc6145: "an IPv4 address inside an IPv6 address (translated)",
  rfc6052: "an IPv4 address inside an IPv6 address (NAT64)",
  "6to4": "an IPv4 address inside an IPv6 address (6to4)",
  teredo: "an IPv4 address inside an IPv6 address (Teredo)",
  as112: "a sink for stray name queries (AS112)",
  as112v6: "a sink for stray name queries (AS112)",
  amt: "a multicast relay (AMT)",
};

const EMBEDDING: readonly string[] = ["ipv4Mapped", "rfc6145", "rfc6052", "6to4", "teredo"];

type Range = readonly [range: string, words: string];

/** Narrower than a range of ipaddr.js, which lumps them together; the first that fits is told. */
const PRECISE: readonly Range[] = [
  ["192.0.2.0/24", "for documentation (RFC 5737)"],
  ["198.51.100.0/24", "for documentation (RFC 5737)"],
  ["203.0.113.0/24", "for documentation (RFC 5737)"],
  ["198.18.0.0/15", "for benchmarks (RFC 2544)"],
  ["192.0.0.0/24", "of IETF protocols (RFC 6890)"],
  ["192.88.99.0/24", "a 6to4 relay (RFC 7526)"],
  ["240.0.0.0/4", "reserved (RFC 1112)"],
  ["2001:db8::/32", "for documentation (RFC 3849)"],
  ["3fff::/20", "for documentation (RFC 9637)"],
  ["100:0:0:1::/64", "a dummy (RFC 9780)"],
];

const PARSED = PRECISE.map(([range, words]) => [ipaddr.parseCIDR(range), words] as const);

/** All public unicast addresses of IPv6 that were ever given out are in here (RFC 4291, IANA IPv6 address space). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/** Interface identifiers that tunnel to the IPv4 address in their last 32 bits (ISATAP, RFC 5214 § 6.1). */
const ISATAP_IDENTIFIERS: readonly number[] = [0x0000, 0x0200];
const ISATAP_MARK = 0x5efe;

/** What an address is where it is not public unicast, in words that follow "is"; undefined where it is public. */
export function specialUse(address: Address): string | undefined {
  const metadata = Object.hasOwn(METADATA_ADDRESSES, address.text)
    ? METADATA_ADDRESSES[address.text]
    : undefined;
  if (metadata !== undefined) return `a cloud's metadata service (${metadata})`;
  const ip = rangeable(address);
  const range = ip.range() as string;
  const precise = PARSED.find(([range]) => isWithin(ip, range));
  const words = WORDS[range] ?? precise?.[1];
  if (words !== undefined || range !== "unicast") return words ?? "of a reserved range";
  return ip instanceof ipaddr.IPv6 ? specialSix(ip) : undefined;
}

/** For what no registry has set apart. */
function specialSix(ip: ipaddr.IPv6): string | undefined {
  if (isCompatible(ip)) return "an IPv4 address inside an IPv6 address (compatible)";
  if (isIsatap(ip)) return "an IPv4 address inside an IPv6 address (ISATAP)";
  return ip.match(GLOBAL_UNICAST) ? undefined : "outside of what IPv6 has given out as public";
}

function isCompatible({ parts }: ipaddr.IPv6): boolean {
  return parts.slice(0, 6).every((part) => part === 0);
}

function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return parts[5] === ISATAP_MARK && ISATAP_IDENTIFIERS.includes(parts[4] ?? 0);
}

function isWithin(
  ip: ipaddr.IPv4 | ipaddr.IPv6,
  [network, length]: [ipaddr.IPv4 | ipaddr.IPv6, number],
): boolean {
  return ip.kind() === network.kind() && ip.match(network, length);
}

/** Whether it is a way to write or to reach an IPv4 address. */
export function embedsIpv4(address: Address): boolean {
  const ip = rangeable(address);
  if (!(ip instanceof ipaddr.IPv6)) return false;
  const range = ip.range() as string;
  return EMBEDDING.includes(range) || (range === "unicast" && (isCompatible(ip) || isIsatap(ip)));
}
