import type { Duplex, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { AgentConnection, ExecRequest, GuestEntry, GuestProcess } from "../channel/index.ts";
import type {
  DisposalStep,
  Finding,
  IsolationFact,
  MemoryRecord,
  NetworkRecord,
  OnFinding,
  ResourceRecord,
} from "../contract/index.ts";
import { asMayflyError, deferred, ignoring } from "../foundation/index.ts";
import type { ReadyVm } from "../microvisor/index.ts";
import { Guard, type FindingStop, type TaskNetwork } from "../task/index.ts";

/** Default: no variables but the guest's own, the user's home, the user without rights, pipes. */
export type ExecOptions = Partial<Omit<ExecRequest, "argv">>;

interface ForkParts {
  readonly ready: ReadyVm;
  readonly network: TaskNetwork;
  /** Variables of all its programs. */
  readonly env: Readonly<Record<string, string>>;
  readonly freeze: (why: string, signal?: AbortSignal) => Promise<string>;
  readonly stop: FindingStop;
  readonly onFinding: OnFinding | undefined;
}

/** Why a fork was ended by its policy. */
export interface ForkStopped {
  readonly finding: Finding;
  /** Directory that keeps it for `mayfly inspect`, where the policy says `freeze`. */
  readonly frozen: string | undefined;
  /** Why it could not be kept, where it could not. */
  readonly failure: string | undefined;
}

/**
 * A micro-VM of one's own, for as long as the handle lives. Every method rejects with `E_CLOSED`, `E_GUEST_*` or
 * `E_ENGINE_DIED` once the machine is gone.
 */
export class Fork implements AsyncDisposable {
  readonly id: string;
  readonly profile: string;
  readonly isolation: IsolationFact;
  readonly origin: "standby" | "fork";
  /** The most that the guest's clock could differ from the host's when this was handed out, in milliseconds. */
  readonly clockErrorMs: number;
  readonly #ready: ReadyVm;
  readonly #network: TaskNetwork;
  readonly #env: Readonly<Record<string, string>>;

  readonly #freeze: ForkParts["freeze"];
  readonly #guard: Guard;
  readonly #stopped = deferred<ForkStopped>();

  /** @internal */
  constructor(profile: string, { ready, network, env, freeze, stop, onFinding }: ForkParts) {
    this.#freeze = freeze;
    const onFound = async (finding: Finding): Promise<void> => {
      await this.#end(finding, onFinding?.do === "freeze");
    };
    this.#guard = new Guard(ready, { stop, network, onFound });
    this.#ready = ready;
    this.#network = network;
    this.#env = env;
    this.id = ready.vm.id;
    this.profile = profile;
    this.isolation = ready.isolation;
    this.origin = ready.origin;
    this.clockErrorMs = ready.clockErrorMs;
  }

  /**
   * Starts a program; its streams are Node streams with back-pressure up to the guest.
   * The handle's `exit` rejects with `E_COMMAND_NOT_FOUND` or `E_COMMAND_NOT_EXECUTABLE` where it cannot start.
   */
  exec(argv: readonly [string, ...string[]], options: ExecOptions = {}): GuestProcess {
    const env = { ...this.#env, ...options.env };
    return this.#agent.exec({ cwd: "/home/user", user: "user", ...options, env, argv });
  }

  /** Writes a file of the guest (whole or not at all), owned by its user. @throws E_FILE_IN_GUEST */
  async writeFile(path: string, content: Uint8Array | string | Readable, mode = 0o644): Promise<void> {
    const data = typeof content === "string" ? Buffer.from(content) : content;
    await this.#watched(this.#agent.put({ path, mode, owner: "user", makeParents: true }, data));
  }

  /** The content of a regular file of the guest. Untrusted. Use `openFile` for what may be large. @throws E_FILE_IN_GUEST */
  async readFile(path: string): Promise<Buffer> {
    return await this.#watched(buffer(this.#agent.get(path)));
  }

  openFile(path: string): Readable {
    return this.#agent.get(path);
  }

  /** What is below a directory of the guest, parents first. Names are untrusted. @throws E_FILE_IN_GUEST */
  async list(path: string, limits = { maxEntries: 10_000, maxDepth: 32 }): Promise<readonly GuestEntry[]> {
    return await this.#watched(this.#agent.list(path, limits));
  }

  /**
   * Pauses the machine for good and keeps it as it is, for `mayfly inspect` and `FrozenVms`. The handle is then of no more
   * use, but to be disposed of.
   * @param why for people
   * @returns the directory that keeps it
   * @throws E_DISK_FULL, E_STORE_UNWRITABLE, and the reason of the signal
   */
  async freeze(why: string, signal?: AbortSignal): Promise<string> {
    await this.#guard.end(); // it would let the machine run on
    return await this.#freeze(why, signal);
  }

  /** A connection to a port on the guest's loopback or to a unix socket in it. @throws E_GUEST_REFUSED */
  async forward(target: { readonly port: number } | { readonly unixPath: string }): Promise<Duplex> {
    return await this.#watched(this.#agent.connect(target));
  }

  /** What its programs asked of the network so far. */
  async network(): Promise<NetworkRecord> {
    return await this.#network.record();
  }

  /**
   * Pauses the guest for a moment and compares its memory with its template's: what the kernel is made of, and programs
   * that no file explains. Never rejects: a guest that is gone is `unchecked`.
   */
  async checkMemory(): Promise<MemoryRecord> {
    return await this.#ready.vm.observation.check("continue");
  }

  /** What it used so far, and what its kernel printed. */
  async resources(): Promise<ResourceRecord> {
    return await this.#ready.vm.observation.resources();
  }

  /**
   * Settles when the micro-VM was ended for a finding, as `policy.onFinding` has it; never otherwise. It is gone then, as
   * after `kill`.
   */
  get stopped(): Promise<ForkStopped> {
    return this.#stopped.promise;
  }

  /** Destroys the micro-VM and says what was seen to be gone. Idempotent. */
  async kill(): Promise<readonly DisposalStep[]> {
    await this.#guard.end();
    return await this.#dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #dispose(): Promise<readonly DisposalStep[]> {
    await this.#network.close();
    return await this.#ready.vm.dispose();
  }

  async #end(finding: Finding, freezes: boolean): Promise<void> {
    let frozen: string | undefined;
    let failure: string | undefined;
    try {
      if (freezes) frozen = await this.#freeze(`${finding.severity}: ${finding.text}`);
    } catch (cause) {
      failure = asMayflyError(cause).message;
    }
    await ignoring(this.#network.close(), "the streams are gone all the same");
    await this.#ready.vm.dispose();
    this.#stopped.resolve({ finding, frozen, failure });
  }

  get #agent(): AgentConnection {
    return this.#ready.vm.agent;
  }

  async #watched<T>(work: Promise<T>): Promise<T> {
    return await this.#ready.vm.watched(work);
  }
}
