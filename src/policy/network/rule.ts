import type { Locate, NetworkRule } from "../../contract/index.ts";
import { neutralise, type KeyPath } from "../../foundation/index.ts";
import type { Destination } from "./destination.ts";
import { badPolicy, ruleName, type RuleName } from "./place.ts";
import { ALL_PORTS, WEB_PORTS, hasPort, parsePorts, type PortRange } from "./ports.ts";
import { isPublicSuffix } from "./public-suffix.ts";
import { setNamed } from "./sets.ts";
import { isAbout, parseTarget, type ParsedTarget, type Target } from "./target.ts";
import { termsOf, termsProblem, type Terms } from "./terms.ts";

export interface Entry {
  readonly target: Target;
  readonly ports: readonly PortRange[];
}

/** A rule that was checked; a set has an entry a host. */
export interface CompiledRule {
  readonly name: RuleName;
  readonly entries: readonly Entry[];
  readonly terms: Terms;
}

export function fits({ target, ports }: Entry, destination: Destination): boolean {
  return hasPort(ports, destination.port) && isAbout(target, destination);
}

/** @throws E_BAD_POLICY telling what to write instead */
export function compileAllow(written: string | NetworkRule, path: KeyPath, locate: Locate): CompiledRule {
  const rule = typeof written === "string" ? { to: written } : written;
  const name = ruleName(locate(path), rule.to);
  const terms = termsOf(rule);
  const entries = setEntries(rule.to);
  if (entries !== undefined && rule.ports !== undefined)
    throw badPolicy(
      locate([...path, "ports"]),
      `the set "${rule.to}" has its own ports; leave \`ports\` out`,
    );
  const all = entries ?? [hostEntry(rule, path, locate)];
  const [entry] = all;
  if (terms.tls && entry?.target.kind === "address")
    throw badPolicy(locate([...path, "tls"]), "it compares names, and an address has none; leave it out");
  const wrong = termsProblem(
    terms,
    all.flatMap(({ ports }) => ports),
    entries === undefined,
  );
  if (wrong !== undefined) throw badPolicy(locate([...path, wrong.key]), wrong.problem);
  return { name, entries: all, terms };
}

/** Without a port, all of them are refused. @throws E_BAD_POLICY */
export function compileDeny(text: string, path: KeyPath, locate: Locate): CompiledRule {
  const name = ruleName(locate(path), text);
  const entries = setEntries(text);
  if (entries !== undefined) return { name, entries, terms: termsOf({ to: text }) };
  const { target, ports } = readTarget(text, path, locate);
  return {
    name,
    entries: [{ target, ports: ports === undefined ? ALL_PORTS : [ports] }],
    terms: termsOf({ to: text }),
  };
}

/** @throws E_BAD_POLICY */
export function readTarget(text: string, path: KeyPath, locate: Locate): ParsedTarget {
  const parsed = parseTarget(text);
  if ("problem" in parsed) throw badPolicy(locate(path), `"${neutralise(text, 100)}": ${parsed.problem}`);
  return parsed;
}

function setEntries(text: string): Entry[] | undefined {
  return setNamed(text)?.flatMap(({ hosts, ports }): Entry[] =>
    hosts === "anything public"
      ? [{ target: { kind: "public" }, ports }]
      : hosts.map((name) => ({ target: { kind: "name", name }, ports })),
  );
}

function hostEntry({ to, ports: listed }: NetworkRule, path: KeyPath, locate: Locate): Entry {
  const { target, ports: written } = readTarget(to, path, locate);
  if (target.kind === "below" && isPublicSuffix(target.base)) {
    const what = `anyone can have a name below ${target.base}, so "*.${target.base}" is too much; name what is meant, such as "*.example.${target.base}"`;
    throw badPolicy(locate(path), what);
  }
  if (written !== undefined && listed !== undefined)
    throw badPolicy(locate([...path, "ports"]), `\`to\` names a port already; leave one of them out`);
  if (written !== undefined) return { target, ports: [written] };
  return {
    target,
    ports:
      listed === undefined
        ? WEB_PORTS
        : listed.map((each, i) => readPorts(each, [...path, "ports", i], locate)),
  };
}

function readPorts(text: string | number, path: KeyPath, locate: Locate): PortRange {
  const ports = parsePorts(text);
  if (ports !== undefined) return ports;
  const shown = neutralise(String(text), 40);
  throw badPolicy(
    locate(path),
    `"${shown}" is no port; write one from 1 to 65535, or a range such as 8000-8100`,
  );
}
