import * as v from "valibot";
import type { Locate, NetworkBudget, NetworkPolicy } from "../../contract/index.ts";
import { tellMistake } from "../../foundation/index.ts";
import { DEFAULT_CONNECTIONS_PER_SECOND } from "./budget-meter.ts";
import { Decider } from "./decide.ts";
import type { Destination, Refusal } from "./destination.ts";
import { showAddress } from "./destination.ts";
import { badPolicy, locateByKey, type RuleName } from "./place.ts";
import { PrivateAddresses } from "./private-addresses.ts";
import { compileAllow, compileDeny, type CompiledRule } from "./rule.ts";
import { NetworkSchema } from "./schema.ts";
import { specialUse } from "./special-ranges.ts";
import type { AddressVerdict, Verdict } from "./verdict.ts";

/** A policy that was checked and can decide. Pure: it knows no clock and asks nobody. */
export interface CompiledNetwork {
  /** Nothing is allowed, so nothing need be listened for. */
  readonly isClosed: boolean;
  /** What of the budget is limited, by the policy or by default. */
  readonly budget: NetworkBudget;
  /** Addresses that are not public and may be dialled, each with its port, and the rule of each. */
  readonly privateRules: ReadonlyMap<string, RuleName>;
  /** Whether a destination may be resolved and dialled, by which rule, and on which terms. */
  readonly decide: (destination: Destination | Refusal) => Verdict;
  /** Whether an address that an allowed destination has may be dialled; everything that was resolved must be asked for. */
  readonly judgeAddress: (destination: Destination, address: string) => AddressVerdict;
}

/**
 * Checks a policy as a whole and makes it ready to decide.
 * @param locate where its parts were written, for messages and for the rules' names
 * @throws E_BAD_POLICY with place and what to write instead
 */
export function compileNetwork(policy: NetworkPolicy, locate: Locate = locateByKey): CompiledNetwork {
  const { allow = [], deny = [], private: listed = [], budget = {} } = wellFormed(policy, locate);
  const privates = new PrivateAddresses(listed, locate);
  const allowed = allow.map((rule, i) => compileAllow(rule, ["network", "allow", i], locate));
  for (const [i, rule] of allowed.entries())
    requireReachable(rule, privates, locate(["network", "allow", i]));
  const denied = deny.map((text, i) => compileDeny(text, ["network", "deny", i], locate));
  const decider = new Decider(allowed, denied, privates);
  const { connectionsPerSecond = DEFAULT_CONNECTIONS_PER_SECOND } = budget;
  return {
    budget: { ...budget, connectionsPerSecond },
    isClosed: listed.length === 0 && allowed.every(({ entries }) => entries.length === 0),
    privateRules: privates.rules,
    decide: (destination) => decider.decide(destination),
    judgeAddress: (destination, address) => decider.judgeAddress(destination, address),
  };
}

/** Types end where a program in JavaScript begins. */
function wellFormed(policy: NetworkPolicy, locate: Locate): v.InferOutput<typeof NetworkSchema> {
  const parsed = v.safeParse(NetworkSchema, policy);
  if (parsed.success) return parsed.output;
  const { path, what } = tellMistake(parsed.issues, NetworkSchema);
  throw badPolicy(locate(["network", ...path]), what);
}

/** A rule that can never come true is a mistake, and the usual one is an address that is not public. */
function requireReachable(
  { entries }: CompiledRule,
  privates: PrivateAddresses,
  place: Parameters<typeof badPolicy>[0],
): void {
  for (const entry of entries) {
    const port = privates.missingPort(entry);
    if (port === undefined || entry.target.kind !== "address") continue;
    const { address } = entry.target;
    const what = `${address.text} is ${specialUse(address) ?? "special"}; write "${showAddress(address.text, port)}" into \`private\` if it is meant`;
    throw badPolicy(place, what);
  }
}
