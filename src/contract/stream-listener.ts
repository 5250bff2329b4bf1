import type { StreamDecision, StreamTarget } from "./network-record.ts";

/** A stream that a program in the guest asks for, and what the policy says of it. */
export interface StreamAsked {
  readonly target: StreamTarget;
  readonly decision: StreamDecision;
  /** Usually not known yet: the guest finds it out after it has asked. */
  readonly program: string | undefined;
}

/**
 * Decides live: `allow` lets a stream through that the policy refuses, `refuse` the other way round, undefined leaves it
 * to the policy. What is no public address stays refused unless the policy names it. Failing refuses.
 */
export type StreamListener = (
  asked: StreamAsked,
) => "allow" | "refuse" | undefined | Promise<"allow" | "refuse" | undefined>;
