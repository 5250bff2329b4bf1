import type { NetworkRule, Secret, SpokenProtocol } from "../../contract/index.ts";
import { neutralise } from "../../foundation/index.ts";
import { headerNameProblem, headerValueProblem } from "./header.ts";
import { tlsPort, type PortRange } from "./ports.ts";

/** On which terms a stream is allowed. */
export interface Terms {
  /** What it must begin with; undefined: anything. */
  readonly protocol?: SpokenProtocol | undefined;
  /** It must begin with a TLS ClientHello for the name that was asked for. */
  readonly tls: boolean;
  /** TLS ends at the host, so that requests are seen. */
  readonly inspect: boolean;
  /** Headers for each request, by name. */
  readonly inject: Readonly<Record<string, Secret>>;
}

export const PLAIN_TERMS: Terms = { tls: false, inspect: false, inject: {} };

const MOST_HEADERS = 32;

type Problem =
  { readonly key: "protocol" | "tls" | "inspect" | "inject"; readonly problem: string } | undefined;

export function termsOf({ protocol, tls, inspect = false, inject = {} }: NetworkRule): Terms {
  return { protocol, tls: tls === "required", inspect, inject: { ...inject } };
}

/** What cannot be kept of a rule's terms. `isHost`: it is about one name, or those below one, or one address. */
export function termsProblem(terms: Terms, ports: readonly PortRange[], isHost: boolean): Problem {
  const contradiction = protocolProblem(terms);
  if (contradiction !== undefined) return contradiction;
  const headers = Object.entries(terms.inject);
  if (headers.length === 0) return undefined;
  const problem = (text: string): Problem => ({ key: "inject", problem: text });
  if (!isHost) return problem("a set would give the secret to many hosts; name the host that is to have it");
  if (headers.length > MOST_HEADERS)
    return problem(`there are ${headers.length} headers; at most ${MOST_HEADERS}`);
  for (const [name, secret] of headers) {
    const wrong = headerNameProblem(name) ?? secretProblem(secret);
    if (wrong !== undefined) return problem(`"${neutralise(name, 60)}": ${wrong}`);
  }
  if (new Set(headers.map(([name]) => name.toLowerCase())).size < headers.length)
    return problem("one header is there twice");
  return terms.inspect ? undefined : withoutInspection(terms, ports);
}

function protocolProblem({ protocol, tls, inspect }: Terms): Problem {
  if (protocol !== "http" || (!tls && !inspect)) return undefined;
  const other = tls ? "`tls: required`" : "`inspect: true`";
  return {
    key: "protocol",
    problem: `${other} means TLS, which no stream is that begins with HTTP; leave one of them out`,
  };
}

function withoutInspection({ protocol, tls }: Terms, ports: readonly PortRange[]): Problem {
  if (protocol === "http") return undefined;
  const term = tls ? "`tls: required`" : protocol === "tls" ? "`protocol: tls`" : undefined;
  const port = tlsPort(ports);
  if (term === undefined && port === undefined) return undefined;
  const instead = term === undefined ? ", or write `ports: [80]` or `protocol: http`" : "";
  const text = `${term ?? `port ${port ?? ""}`} means TLS, into which no header can be put unless it ends at the host; add \`inspect: true\`${instead}`;
  return { key: "inject", problem: text };
}

function secretProblem(secret: Secret): string | undefined {
  if (typeof secret === "string") return headerValueProblem(secret);
  if ("file" in secret)
    return secret.file === "" || secret.file.includes("\0") ? "the file has no name" : undefined;
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(secret.env)
    ? undefined
    : `"${neutralise(secret.env, 60)}" is no variable`;
}
