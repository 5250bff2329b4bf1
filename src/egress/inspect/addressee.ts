import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { valuesOf } from "./headers.ts";

const ABSOLUTE = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i;

export interface Addressed {
  /** Host (with port) that the request is for, as it says; undefined where it says nothing. */
  readonly host: string | undefined;
  /** What to ask the server for, in origin form. */
  readonly path: string;
  /** Why it may not be forwarded, and the status for that; undefined where it may. */
  readonly refusal: { readonly status: number; readonly why: string } | undefined;
}

/** Where a request may go: to `name`, on `port`, by `scheme`. */
export interface Addressee {
  readonly name: string;
  readonly port: number;
  readonly scheme: "http" | "https";
}

/** Whom a request is for, and whether that is the one that the stream was opened to. */
export function addressOf(request: IncomingMessage, to: Addressee): Addressed {
  const hosts = valuesOf(request.rawHeaders, "host");
  const target = request.url ?? "";
  const absolute = ABSOLUTE.exec(target);
  const path = absolute === null ? target : originForm(absolute[3] ?? "");
  const host = absolute === null ? hosts[0] : (absolute[2] ?? "").toLowerCase();
  const all = absolute === null ? hosts : [...hosts, host ?? ""];
  return {
    host,
    path,
    refusal: refusalOf(
      { hosts, all, path, scheme: absolute?.[1], needsHost: request.httpVersion !== "1.0" },
      to,
    ),
  };
}

interface Claims {
  readonly hosts: readonly string[];
  /** The Host headers, and the host of the target where it is absolute. */
  readonly all: readonly string[];
  readonly path: string;
  readonly scheme: string | undefined;
  /** HTTP/1.1 does, whatever its target says (RFC 9112 §3.2). */
  readonly needsHost: boolean;
}

function refusalOf({ hosts, all, path, scheme, needsHost }: Claims, to: Addressee): Addressed["refusal"] {
  const refused = (status: number, why: string): Addressed["refusal"] => ({ status, why });
  if (hosts.length > 1) return refused(400, "a request has several Host headers");
  if (hosts.length === 0 && needsHost) return refused(400, "a request has no Host header");
  if (scheme !== undefined && scheme.toLowerCase() !== to.scheme)
    return refused(421, "a request is for another scheme");
  if (!all.every((one) => isFor(one, to)))
    return refused(421, "a request is for another host than the stream was opened to");
  if (!/^[/*]/.test(path)) return refused(400, "a request's target is no path");
  return undefined;
}

/** `example.org`, or `example.org:8443` where the port is not the usual one of the scheme. */
export function hostHeader({ name, port, scheme }: Addressee): string {
  const host = isIPv6(name) ? `[${name}]` : name;
  return port === usualPort(scheme) ? host : `${host}:${port}`;
}

function isFor(host: string, { name, port, scheme }: Addressee): boolean {
  const parts = /^(\[[0-9a-f:.]+\]|[^:[\]]+?)\.?(?::(\d{1,5}))?$/.exec(host);
  const named = parts?.[1]?.replace(/^\[|\]$/g, "");
  return named === name && Number(parts?.[2] ?? usualPort(scheme)) === port;
}

function usualPort(scheme: "http" | "https"): number {
  return scheme === "https" ? 443 : 80;
}

function originForm(rest: string): string {
  return rest.startsWith("/") ? rest : `/${rest}`;
}
