import type { BlockList } from "node:net";
import { errnoOf } from "../foundation/index.ts";
import type { AddressVerdict, CompiledNetwork, Destination } from "../policy/network/index.ts";
import { ownNetworks } from "./own-networks.ts";
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

interface Judging {
  readonly network: CompiledNetwork;
  readonly resolver: Resolver;
  /** Default: as the system says, now. */
  readonly own?: () => BlockList;
}

/**
 * The addresses of a destination that may be dialled. All that its name has are judged after they were resolved, so a
 * name that points to the host or its network gains nothing, whenever it does.
 */
export async function checkedAddresses(
  destination: Destination,
  { network, resolver, own = ownNetworks }: Judging,
): Promise<CheckedAddresses | Refused> {
  const resolved = await resolve(destination, resolver);
  if ("refused" in resolved) return resolved;
  const judged = resolved.map((address) => network.judgeAddress(destination, address));
  const verdicts = judged.some(isPublic) ? besidesOwn(judged, own()) : judged;
  const addresses = verdicts.flatMap((verdict) => (verdict.allowed ? [verdict] : []));
  if (addresses.length > 0)
    return { addresses, rule: addresses.find(({ rule }) => rule !== undefined)?.rule };
  const [first] = verdicts;
  return first?.allowed === false ? refused(first.reason, first.rule) : unreachable("there is no such name");
}

function isPublic({ allowed, rule }: AddressVerdict): boolean {
  return allowed && rule === undefined;
}

/** What is public may be this host's all the same, or its neighbour's; a policy that means them names them. */
function besidesOwn(judged: readonly AddressVerdict[], own: BlockList): AddressVerdict[] {
  return judged.map((verdict) => {
    if (!verdict.allowed || !isPublic(verdict)) return verdict;
    const { address, family } = verdict;
    if (!own.check(address, family === 4 ? "ipv4" : "ipv6")) return verdict;
    return { allowed: false, reason: `${address} is this host's own, or of a network that it is on` };
  });
}

async function resolve(destination: Destination, resolver: Resolver): Promise<readonly string[] | Refused> {
  if (destination.kind === "address") return [destination.address];
  try {
    return await resolver.resolve(destination.name);
  } catch (cause) {
    return unreachable(`its name cannot be resolved (${errnoOf(cause) ?? "no answer"})`);
  }
}
