import { attempt, nearest } from "../../foundation/index.ts";
import { parseAddress, type Address } from "./address.ts";
import type { Destination } from "./destination.ts";
import { isBelow, isOfLocalNetwork } from "./local-names.ts";
import { parseName } from "./name.ts";
import { parsePorts, type PortRange } from "./ports.ts";
import { NETWORK_SETS } from "./sets.ts";

/** What a rule is about, ports aside. */
export type Target =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "below"; readonly base: string }
  | { readonly kind: "address"; readonly address: Address }
  /** Public addresses, and names that no local network uses. */
  | { readonly kind: "public" };

export interface ParsedTarget {
  readonly target: Target;
  /** Undefined where none are written. */
  readonly ports: PortRange | undefined;
}

/** Reads a host or address with or without a port, as `allow`, `deny` and `private` have it; or says what to write. */
export function parseTarget(text: string): ParsedTarget | { readonly problem: string } {
  const mistaken = mistakenFor(text);
  if (mistaken !== undefined) return { problem: mistaken };
  const { host, port } = splitPort(text);
  const ports = port === undefined ? undefined : parsePorts(port);
  if (port !== undefined && ports === undefined)
    return { problem: `"${port}" is no port; write one from 1 to 65535, or a range such as 8000-8100` };
  const target = parseHost(host);
  return "problem" in target ? target : { target, ports };
}

/** Whether the host that was asked for is one that the rule is about. */
export function isAbout(target: Target, destination: Destination): boolean {
  if (destination.kind === "address") {
    return (
      target.kind === "public" || (target.kind === "address" && target.address.text === destination.address)
    );
  }
  const { name } = destination;
  if (target.kind === "public") return !isOfLocalNetwork(name);
  if (target.kind === "below") return isBelow(name, target.base);
  return target.kind === "name" && target.name === name;
}

/** What people write who think of something else. */
function mistakenFor(text: string): string | undefined {
  if (text.includes("://")) {
    const url = attempt(() => new URL(text), "no URL either");
    const port = url?.port === "" ? (url.protocol === "http:" ? "80" : "443") : (url?.port ?? "443");
    return `it is a URL; write a host and a port, such as "${url?.hostname ?? "example.org"}:${port}"`;
  }
  if (/\/\d+$/.test(text)) return "it is a range of addresses; name each address that is meant";
  if (text.includes("/")) return 'it has a path; write a host and a port, such as "example.org:443"';
  if (/^[*.]+(?::.*)?$/.test(text))
    return '* alone is no rule; write "web" for ports 80 and 443 of anything public';
  return undefined;
}

function splitPort(text: string): { readonly host: string; readonly port?: string | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) return { host: bracketed[1] ?? "", port: bracketed[2] };
  const [host = "", port, more] = text.split(":");
  return more === undefined ? { host, port } : { host: text };
}

function parseHost(host: string): Target | { readonly problem: string } {
  if (host.startsWith("*.")) {
    const below = parseName(`x.${host.slice(2)}`); // so that suffixes without a dot can be denied
    return "name" in below
      ? { kind: "below", base: below.name.slice(2) }
      : wildcardProblem(host, below.problem);
  }
  if (host.includes("*")) return wildcardProblem(host, "");
  const address = parseAddress(host);
  if (address !== undefined) return { kind: "address", address };
  if (host.includes(":")) return { problem: 'it is no address; write IPv6 ones as "[2606:4700::1111]:443"' };
  const parsed = parseName(host);
  if ("name" in parsed) return { kind: "name", name: parsed.name };
  const near = /^[a-z]+$/i.test(host) ? nearest(host, Object.keys(NETWORK_SETS)) : undefined;
  return { problem: near === undefined ? parsed.problem : `there is no such set; did you mean "${near}"?` };
}

/** A second star anywhere, or one that is not the whole first part. */
function wildcardProblem(host: string, problem: string): { readonly problem: string } {
  if (!host.slice(1).includes("*") && host.startsWith("*."))
    return { problem: `${problem}; write a name below a suffix, such as "*.example.org"` };
  const rest = host.replace(/^.*\*[^.]*\.?/, "");
  const instead = rest.includes(".") ? rest : "example.org";
  return { problem: `* stands only for all that comes before a name; write "*.${instead}"` };
}
