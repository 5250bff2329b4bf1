import { attempt } from "../../foundation/index.ts";
import ipaddr from "ipaddr.js";

/** An address in its one canonical spelling. */
export interface Address {
  readonly text: string;
  readonly family: 4 | 6;
}

const BYTE = "(?:0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])";
const DOTTED = new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`);

/**
 * Four plain decimal numbers, or an IPv6 address without brackets and zone; undefined for all else. Spellings that some
 * resolvers take for addresses too (`127.1`, `0x7f.1`, `0177.0.0.1`) are none here.
 */
export function parseAddress(text: string): Address | undefined {
  if (DOTTED.test(text)) return { text, family: 4 };
  if (text.length > 45 || !/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text)) return undefined;
  const url = attempt(() => new URL(`http://[${text}]/`), "it is no address");
  return url && { text: url.hostname.slice(1, -1), family: 6 };
}

/** For comparing with ranges. `address` must be canonical. */
export function rangeable({ text, family }: Address): ipaddr.IPv4 | ipaddr.IPv6 {
  return family === 4 ? ipaddr.IPv4.parse(text) : ipaddr.IPv6.parse(text);
}
