import { neutralise } from "../../foundation/index.ts";
import { parseAddress, type Address } from "./address.ts";
import type { Destination, Refusal } from "./destination.ts";
import { parseName } from "./name.ts";
import { isPort } from "./ports.ts";
import { embedsIpv4, specialUse } from "./special-ranges.ts";

/** More than any host is long, and little enough to read. */
const LONGEST_HOST = 1024;
const LONGEST_SHOWN = 300;

/** Reads what a program in the guest asked for. `host` is a hostile guest's word and may be anything. */
export function parseDestination(host: string, port: number): Destination | Refusal {
  const refuse = (reason: string): Refusal => ({ kind: "refused", reason, shown: showHost(host) });
  if (!isPort(port)) return refuse(`${port} is no port: 1 … 65,535`);
  if (host.length > LONGEST_HOST) return refuse(`it is longer than ${LONGEST_HOST} characters`);
  if (host.startsWith("[") || host.includes(":")) {
    const address = parseAddress(/^\[(.*:.*)\]$/.exec(host)?.[1] ?? host);
    return address === undefined ? refuse(notSix(host)) : admitAddress(address, port, refuse);
  }
  const address = parseAddress(host);
  if (address !== undefined) return admitAddress(address, port, refuse);
  const parsed = parseName(host);
  return "name" in parsed ? { kind: "name", name: parsed.name, port } : refuse(parsed.problem);
}

function notSix(host: string): string {
  if (host.includes("\0")) return "it contains a NUL character";
  if (host.includes("%")) return "it is an address with a zone, which only local networks have";
  return "it is no IPv6 address";
}

/** One address must not be reached in two ways, so those that embed another are refused by their form. */
function admitAddress(
  address: Address,
  port: number,
  refuse: (reason: string) => Refusal,
): Destination | Refusal {
  if (embedsIpv4(address)) return refuse(`it is ${specialUse(address) ?? ""}`);
  return { kind: "address", address: address.text, family: address.family, port };
}

/** For people: one line of ASCII, so that a letter of another script is seen to be one. */
function showHost(host: string): string {
  const ascii = neutralise(host, LONGEST_SHOWN).replace(
    /[^\u0020-\u007e…]/gu,
    (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return ascii.length > LONGEST_SHOWN ? `${ascii.slice(0, LONGEST_SHOWN - 1)}…` : ascii;
}
