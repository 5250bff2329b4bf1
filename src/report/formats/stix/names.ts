import ipaddr from "ipaddr.js";

/** A label of RFC 1034, with the letters that RFC 5890 adds. */
const LABEL = /^[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u;

/** What kind of observable a host is; undefined for what is none, as a hostile guest may ask for any text. */
export function kindOfHost(host: string): "ipv4-addr" | "ipv6-addr" | "domain-name" | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(host)) return "ipv4-addr";
  // One with a zone is an address only on the machine that has that zone.
  if (ipaddr.IPv6.isValid(host)) return host.includes("%") ? undefined : "ipv6-addr";
  return isDomainName(host) ? "domain-name" : undefined;
}

function isDomainName(name: string): boolean {
  const labels = name.split(".");
  return (
    name.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "")
  );
}
