import {
  NO_NETWORK,
  type LocatedNetwork,
  type NetworkRecord,
  type StreamListener,
} from "../contract/index.ts";
import { ignoring } from "../foundation/index.ts";
import type { Egress } from "../egress/index.ts";
import type { MicroVm } from "../microvisor/index.ts";
import { trustAuthority } from "./trust-authority.ts";

/** What a task's streams need of the host. */
export interface NetworkHost {
  /** Servers to ask for names; default: as the system does. */
  readonly dns?: readonly string[] | undefined;
  /** Authorities (PEM) that real servers are believed by where they are inspected, besides the usual ones. */
  readonly roots?: readonly string[] | undefined;
  readonly onStream?: StreamListener | undefined;
  /** Variables that secrets are found in. Default: this process's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Path of a file that gets what passes, as PCAPNG. */
  readonly pcap?: string | undefined;
}

const CLOSED: LocatedNetwork = { policy: {}, locate: () => ({ key: "network" }) };

/**
 * The network of one task: the streams that its guest asks for, decided and recorded by egress. Most tasks ask for
 * none, so where nothing is allowed, what decides is loaded when something is asked for.
 */
export class TaskNetwork {
  readonly #policy: LocatedNetwork;
  readonly #host: NetworkHost;
  #from = performance.now();
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
  async attach({ agent, id }: Pick<MicroVm, "agent" | "id">): Promise<Readonly<Record<string, string>>> {
    agent.onOutward((asked) => {
      this.#opened().then(
        (egress) => {
          egress.accept(asked);
        },
        () => {
          asked.refuse("the network could not be opened");
        },
      );
    });
    agent.onBeyond((asked) => {
      this.#note((egress) => {
        egress.beyond(asked);
      });
    });
    agent.onLookup(({ name }) => {
      this.#note((egress) => {
        egress.lookup(name);
      });
    });
    const authority = await (await this.#egress)?.authority(id);
    return authority === undefined ? {} : await trustAuthority(agent, authority);
  }

  /** The task begins: what it asks for counts from now on. */
  begin(): void {
    this.#from = performance.now();
  }

  /** What was asked for so far. */
  async record(): Promise<NetworkRecord> {
    return (await this.#egress)?.record() ?? NO_NETWORK;
  }

  /** Ends all streams. */
  async close(): Promise<void> {
    await (await this.#egress)?.close();
  }

  /** What is only recorded holds nobody up. */
  #note(what: (egress: Egress) => void): void {
    void ignoring(this.#opened().then(what), "those who ask for a stream are told");
  }

  async #opened(): Promise<Egress> {
    this.#egress ??= this.#open();
    return await this.#egress;
  }

  async #open(): Promise<Egress> {
    const { openEgress } = await import("../egress/index.ts");
    return await openEgress(this.#policy, {
      ...this.#host,
      env: this.#host.env ?? process.env,
      now: () => performance.now() - this.#from,
    });
  }
}
