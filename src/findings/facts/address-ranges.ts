import ipaddr from "ipaddr.js";

export type AddressRange = "public" | "private" | "loopback" | "link-local" | "special";

const RANGES: Readonly<Record<string, AddressRange>> = {
  unicast: "public",
  private: "private",
  uniqueLocal: "private",
  carrierGradeNat: "private",
  deprecatedSiteLocal: "private",
  loopback: "loopback",
  unspecified: "loopback",
  linkLocal: "link-local",
};

/** What kind of address a text is; undefined where it is none. IPv4 inside of IPv6 counts as what it is. */
export function addressRange(text: string): AddressRange | undefined {
  if (text.length > 45 || !ipaddr.isValid(text)) return undefined;
  return RANGES[ipaddr.process(text).range()] ?? "special";
}
