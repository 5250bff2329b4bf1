import type { LocatedNetwork, NetworkRule, StreamListener } from "../contract/index.ts";
import { compileNetwork } from "../policy/network/index.ts";
import { Resolver, askSystem } from "./dns/index.ts";
import { Egress } from "./egress.ts";
import { trustedRoots } from "./inspect/index.ts";
import { Capture } from "./pcap/index.ts";
import { requireSecrets } from "./secrets.ts";

export interface OpenOptions {
  /** Servers to ask for names, `192.0.2.53` or `192.0.2.53:5353`; default: as the system does. */
  readonly dns?: readonly string[] | undefined;
  /** Authorities (PEM) that real servers are believed by where they are inspected, besides the usual ones. */
  readonly roots?: readonly string[] | undefined;
  readonly onStream?: StreamListener | undefined;
  /** File that gets all that passes, as PCAPNG; never one that exists. */
  readonly pcap?: string | undefined;
  /** Milliseconds since the task began. */
  readonly now: () => number;
  /** Where secrets are looked up. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Makes a policy ready to be enforced. What is wrong with it, and secrets that are not there, is told now.
 * @throws E_BAD_POLICY, E_OUTPUT_EXISTS, E_OUTPUT_WRITE
 */
export async function openEgress({ policy, locate }: LocatedNetwork, options: OpenOptions): Promise<Egress> {
  const network = compileNetwork(policy, locate);
  const rules = (policy.allow ?? []).filter((rule): rule is NetworkRule => typeof rule !== "string");
  requireSecrets({ policy, locate }, options.env);
  // One for each task: none learns from answers that another one asked for.
  const resolver = new Resolver(askSystem(options.dns));
  const capture = options.pcap === undefined ? undefined : await Capture.open(options.pcap);
  const inspects = rules.some(({ inspect }) => inspect === true);
  const { roots = [] } = options;
  const trust = inspects && roots.length > 0 ? trustedRoots(roots) : undefined;
  return new Egress({ capture, ...options, network, resolver, inspects, trust });
}
