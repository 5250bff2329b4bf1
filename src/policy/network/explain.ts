import { formatSize } from "../../foundation/index.ts";
import type { CompiledNetwork } from "./compile.ts";
import { showDestination, type Destination } from "./destination.ts";
import { parseDestination } from "./parse-destination.ts";
import type { RuleName } from "./place.ts";
import type { Terms } from "./terms.ts";

/** Why a policy allows or refuses one host and port. Holds no secret, only the names of headers. */
export interface NetworkExplanation {
  /** Host and port as they were understood. */
  readonly target: string;
  readonly allowed: boolean;
  readonly rule: RuleName | undefined;
  /** One clause; empty where it is allowed. */
  readonly reason: string;
  readonly terms:
    | {
        readonly protocol: Terms["protocol"];
        readonly tls: boolean;
        readonly inspect: boolean;
        readonly inject: readonly string[];
      }
    | undefined;
  /** What is still checked when a task connects; one clause each. */
  readonly checks: readonly string[];
}

/** What would be decided, without resolving or connecting to anything. */
export function explainNetwork(network: CompiledNetwork, host: string, port: number): NetworkExplanation {
  const asked = parseDestination(host, port);
  const verdict = network.decide(asked);
  if (asked.kind === "refused" || !verdict.allowed) {
    const target = asked.kind === "refused" ? `${asked.shown}:${port}` : showDestination(asked);
    const { rule, reason } = verdict as typeof verdict & { allowed: false };
    return { target, allowed: false, rule, reason, terms: undefined, checks: [] };
  }
  const { rule, terms } = verdict;
  return {
    target: showDestination(asked),
    allowed: true,
    rule,
    reason: "",
    terms: {
      protocol: terms.protocol,
      tls: terms.tls,
      inspect: terms.inspect,
      inject: Object.keys(terms.inject),
    },
    checks: [...addressChecks(network, asked), ...startChecks(terms, asked), ...budgetChecks(network)],
  };
}

function addressChecks({ privateRules }: CompiledNetwork, asked: Destination): string[] {
  if (asked.kind === "address") return [];
  const listed = [...privateRules].filter(([address]) => address.endsWith(`:${asked.port}`));
  const also = listed.map(([address, rule]) => ` or ${address} (${rule})`).join("");
  return [`each address that ${asked.name} turns out to have must be public${also}`];
}

function startChecks({ tls, protocol }: Terms, asked: Destination): string[] {
  if (tls && asked.kind === "name") return [`the stream must begin with TLS for ${asked.name}`];
  if (protocol === undefined) return [];
  return [`the stream must begin with ${protocol === "tls" ? "TLS" : "a request of HTTP/1"}`];
}

function budgetChecks({
  budget: { bytesOut, connections, connectionsPerSecond },
}: CompiledNetwork): string[] {
  return [
    ...(bytesOut === undefined ? [] : [`at most ${formatSize(bytesOut)} may leave, of all streams together`]),
    ...(connections === undefined ? [] : [`at most ${connections} streams in all`]),
    ...(connectionsPerSecond === undefined ? [] : [`at most ${connectionsPerSecond} streams a second`]),
  ];
}
