import { MAX_OUTWARD_STREAMS } from "./agent/limits.ts";

/** The one that a stream was opened to, as the program in the guest asked. Neutralised. */
export interface StreamTarget {
  /** A host name (lower case, punycode), or an address where the program named one. */
  readonly host: string;
  readonly port: number;
}

/** What was decided of a stream, and why. */
export interface StreamDecision {
  readonly allowed: boolean;
  /** The rule that decided, as the policy writes it and where: `network.allow[1] "*.example.org" (policy.yaml:4)`. */
  readonly rule: string | undefined;
  /** Why it was refused, what went wrong with it, or why its record is not whole: one clause; empty where all went well. */
  readonly reason: string;
}

const AND = " and ";

/** The `rule` of a stream that needed two: the one that allowed its name, and the one that let its address through. */
export function bothRules(first: string, second: string): string {
  return `${first}${AND}${second}`;
}

/** Whether the `rule` of a stream is this one, alone or as one of two. */
export function namesRule(decided: string | undefined, rule: string): boolean {
  // Not by splitting: the name of a policy's file, which is in that of its rules, may have the same word in it
  if (decided === undefined || decided === rule) return decided === rule;
  return decided.startsWith(bothRules(rule, "")) || decided.endsWith(bothRules("", rule));
}

/**
 * One HTTP request that was seen, in plain text or where the policy inspects. Neutralised. In plain text nobody is in
 * between: it is what was sent, and the `reason` of its stream says where there may be requests that were not found.
 */
export interface HttpRecord {
  /** Empty, as are host and path, where an inspected request was answered though it could not be read. */
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** Undefined where no answer was seen. */
  readonly status: number | undefined;
}

/** How a stream ended. `refused`: by policy; `unreachable`: allowed, but it could not be connected. */
export type StreamEnd = "closed" | "reset" | "refused" | "unreachable" | "budget" | "task-ended";

/** One stream that a program in the guest asked for; all but `program` was seen from outside. */
export interface StreamRecord {
  /** Milliseconds since the task began. */
  readonly at: number;
  readonly target: StreamTarget;
  /** Path of the program and its process, as the guest says; undefined where it does not. Neutralised. */
  readonly program: string | undefined;
  readonly decision: StreamDecision;
  /** Addresses that the name had and that were checked; empty where it was not resolved. */
  readonly addresses: readonly string[];
  /** The one that answered. */
  readonly connected: string | undefined;
  readonly tls: { readonly serverName: string | undefined; readonly alpn: readonly string[] } | undefined;
  readonly inspected: boolean;
  /** At most 1,000 of a stream, and 20,000 of a task. */
  readonly http: readonly HttpRecord[];
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly end: StreamEnd;
  /** Milliseconds that it lasted. */
  readonly lasted: number;
}

/** All that a task asked of the network. `bytesOut` went from the guest to the outside. */
export interface NetworkRecord {
  /** In the order in which they were asked for; at most 10,000. */
  readonly streams: readonly StreamRecord[];
  /** Streams beyond those. */
  readonly omitted: number;
  /**
   * The most that were open at a time, at most 4,096: one that has so many is refused more by its own agent, which does
   * not tell. Undefined in reports of versions that did not count.
   */
  readonly mostOpen?: number | undefined;
  /** Names that were asked for, connected to or not; the guest's word, neutralised; at most 1,000. */
  readonly lookups: readonly string[];
  readonly bytesOut: number;
  readonly bytesIn: number;
}

/** Whether the guest's own agent may have refused connections, which nobody recorded. */
export function mayLackRefused({ mostOpen = 0 }: NetworkRecord): boolean {
  return mostOpen >= MAX_OUTWARD_STREAMS;
}

/** What a task that asked for nothing has. */
export const NO_NETWORK: NetworkRecord = {
  streams: [],
  omitted: 0,
  mostOpen: 0,
  lookups: [],
  bytesOut: 0,
  bytesIn: 0,
};
