import type { NetworkRecord, StreamListener } from "../contract/index.ts";
import type { Egress, Resolver } from "../egress/index.ts";
import type { MicroVm } from "../microvisor/index.ts";
import type { LocatedNetwork } from "../policy/index.ts";
import { trustAuthority } from "./trust-authority.ts";

/** What a task's streams need of the host. */
export interface NetworkHost {
  /** Names to addresses; shared by all tasks. */
  readonly resolver: () => Promise<Resolver>;
  readonly onStream?: StreamListener | undefined;
  /** Path of a file that gets what passes, as PCAPNG. */
  readonly pcap?: string | undefined;
}

const NOTHING: NetworkRecord = { streams: [], omitted: 0, lookups: [], bytesOut: 0, bytesIn: 0 };
const CLOSED: LocatedNetwork = { policy: {}, locate: () => ({ key: "network" }) };

/**
 * The network of one task: the streams that its guest asks for, decided and recorded by egress. Most tasks ask for
 * none, so where nothing is allowed, what decides is loaded when something is asked for.
 */
export class TaskNetwork {
  readonly #policy: LocatedNetwork;
  readonly #host: NetworkHost;
  #egress: Promise<Egress> | undefined;

  private constructor(policy: LocatedNetwork, host: NetworkHost) {
    this.#policy = policy;
    this.#host = host;
  }

  /** @throws E_BAD_POLICY, E_OUTPUT_EXISTS, E_OUTPUT_WRITE before anything is made */
  static async open(policy: LocatedNetwork | undefined, host: NetworkHost): Promise<TaskNetwork> {
    const network = new TaskNetwork(policy ?? CLOSED, host);
    if (policy !== undefined || host.pcap !== undefined || host.onStream !== undefined)
      await network.#opened();
    return network;
  }

  /**
   * Takes the streams of a machine.
   * @returns variables for its programs, by which they trust the authority that inspects, where one does
   */
  async attach({ agent, id }: MicroVm): Promise<Readonly<Record<string, string>>> {
    agent.onOutward((asked) => void this.#opened().then(({ accept }) => accept(asked))); // prettier-ignore
    agent.onLookup(({ name }) => void this.#opened().then(({ lookup }) => lookup(name))); // prettier-ignore
    const authority = await (await this.#egress)?.authority(id);
    return authority === undefined ? {} : await trustAuthority(agent, authority);
  }

  /** Ends all streams. @returns what was asked for */
  async close(): Promise<NetworkRecord> {
    const egress = await this.#egress;
    if (egress === undefined) return NOTHING;
    await egress.close();
    return egress.record();
  }

  async #opened(): Promise<Egress> {
    this.#egress ??= this.#open();
    return await this.#egress;
  }

  async #open(): Promise<Egress> {
    const { openEgress } = await import("../egress/index.ts");
    const { resolver, onStream, pcap } = this.#host;
    return await openEgress(this.#policy, {
      resolver: await resolver(),
      onStream,
      pcap,
      env: process.env,
    });
  }
}
