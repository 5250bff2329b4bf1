import { errnoOf } from "../foundation/index.ts";
import type { CompiledNetwork, Destination } from "../policy/network/index.ts";
import type { Resolver } from "./dns/index.ts";
import { refused, unreachable, type Refused } from "./refused.ts";

/** Checked: exactly this may be dialled. */
export interface CheckedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

export interface CheckedAddresses {
  readonly addresses: readonly CheckedAddress[];
  /** The `private` entry that allowed one of them. */
  readonly rule: string | undefined;
}

/**
 * The addresses of a destination that may be dialled. All that its name has are judged after they were resolved, so a
 * name that points to the host or its network gains nothing, whenever it does.
 */
export async function checkedAddresses(
  destination: Destination,
  { network, resolver }: { network: CompiledNetwork; resolver: Resolver },
): Promise<CheckedAddresses | Refused> {
  const resolved = await resolve(destination, resolver);
  if ("refused" in resolved) return resolved;
  const verdicts = resolved.map((address) => network.judgeAddress(destination, address));
  const addresses = verdicts.flatMap((verdict) => (verdict.allowed ? [verdict] : []));
  if (addresses.length > 0)
    return { addresses, rule: addresses.find(({ rule }) => rule !== undefined)?.rule };
  const [first] = verdicts;
  return first?.allowed === false ? refused(first.reason, first.rule) : unreachable("there is no such name");
}

async function resolve(destination: Destination, resolver: Resolver): Promise<readonly string[] | Refused> {
  if (destination.kind === "address") return [destination.address];
  try {
    return await resolver.resolve(destination.name);
  } catch (cause) {
    return unreachable(`its name cannot be resolved (${errnoOf(cause) ?? "no answer"})`);
  }
}
