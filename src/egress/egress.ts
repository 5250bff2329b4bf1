import type { SecureContext } from "node:tls";
import { MAX_OUTWARD_STREAMS } from "../contract/agent/index.ts";
import type { NetworkRecord, StreamListener } from "../contract/index.ts";
import { asMayflyError, deferred, openUntrusted, type Untrusted } from "../foundation/index.ts";
import {
  BudgetMeter,
  parseDestination,
  type CompiledNetwork,
  type Destination,
  type Refusal,
  type Terms,
  type Verdict,
} from "../policy/network/index.ts";
import { checkedAddresses, type CheckedAddresses } from "./addresses.ts";
import type { AskedStream } from "./asked-stream.ts";
import { dial } from "./dial.ts";
import type { Resolver } from "./dns/index.ts";
import { TaskAuthority } from "./inspect/index.ts";
import { Journal } from "./journal.ts";
import type { Capture } from "./pcap/index.ts";
import { isRefused, overBudget, refused, unreachable, type Refused } from "./refused.ts";
import { requireStart } from "./require-start.ts";
import { serve, type Connected } from "./serve.ts";
import type { StreamNote } from "./stream-note.ts";

export interface EgressOptions {
  readonly network: CompiledNetwork;
  readonly resolver: Resolver;
  /** Whether a rule of it ends TLS here. */
  readonly inspects: boolean;
  /** Decides live: see `StreamListener`. */
  readonly onStream?: StreamListener | undefined;
  /** Whom to trust as a real server; default: Node's roots. */
  readonly trust?: SecureContext | undefined;
  /** Records what passes. */
  readonly capture?: Capture | undefined;
  /** Milliseconds since the task began. */
  readonly now: () => number;
  /** Where secrets are looked up. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The host end of one task's outward streams: each is decided by policy, resolved here, dialled at exactly the addresses
 * that were checked, and recorded. Nothing else of the host or its networks exists for the task.
 */
export class Egress {
  readonly #options: EgressOptions;
  readonly #journal: Journal;
  readonly #meter: BudgetMeter;
  readonly #serving = new Set<Promise<void>>();
  /** Of each stream, what ends it. A set, as one signal for thousands would look for each listener among all. */
  readonly #enders = new Set<AbortController>();
  #isOver = false;
  #closing: Promise<void> | undefined;
  #authority: TaskAuthority | undefined;

  constructor(options: EgressOptions) {
    this.#options = options;
    this.#journal = new Journal(options.now);
    this.#meter = new BudgetMeter(options.network.budget);
  }

  /**
   * The authority whose certificates inspected streams show; made at the first call, for this task only.
   * @returns its certificate (PEM); undefined where no rule inspects
   */
  async authority(task: string): Promise<string | undefined> {
    if (!this.#options.inspects) return undefined;
    this.#authority ??= await TaskAuthority.create(task);
    if (this.#isOver) this.#authority.destroy(); // it ended meanwhile
    return this.#authority.certificatePem;
  }

  /** A program in the guest asks for a stream. Never throws. */
  readonly accept = (asked: AskedStream): void => {
    // The channel counts too, but not those that the guest is done with and a peer is not
    if (this.#serving.size >= MAX_OUTWARD_STREAMS) {
      this.beyond(asked);
      asked.refuse("too many streams");
      return;
    }
    const note = this.#journal.begin(asked.host, asked.port);
    asked.duplex.on("error", () => undefined); // its close is what counts
    asked.onProgram((program) => {
      note.askedBy(program);
    });
    const serving = this.#run(asked, note).finally(() => this.#serving.delete(serving));
    this.#serving.add(serving);
    this.#journal.countOpen(this.#serving.size);
  };

  /** A program in the guest asked for a stream and was refused, as too many are open. */
  beyond({ host, port }: Pick<AskedStream, "host" | "port">): void {
    this.#journal.begin(host, port).refuse(`more than ${MAX_OUTWARD_STREAMS} streams are open`);
  }

  /** A program in the guest asked for the address of a name. */
  readonly lookup = (name: Untrusted<string>): void => {
    this.#journal.lookup(name);
  };

  /** What was asked for so far. */
  record(): NetworkRecord {
    return this.#journal.build();
  }

  /** Ends every stream, now and from now on, and resolves when all are gone. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    this.#isOver = true;
    for (const each of this.#enders) each.abort();
    await Promise.all(this.#serving);
    this.#authority?.destroy();
    await this.#options.capture?.close();
  }

  async #run(asked: AskedStream, note: StreamNote): Promise<void> {
    const gone = new AbortController();
    const { duplex } = asked;
    // One that has ended both ways closes too, while the last that it sent may still be on its way to the peer
    duplex.once("close", () => {
      if (!duplex.readableEnded || !duplex.writableFinished) gone.abort();
    });
    this.#enders.add(gone);
    try {
      const why = await this.#life(asked, note, gone.signal);
      if (why === undefined) {
        note.end(this.#isOver ? "task-ended" : "reset"); // unless it is known to have ended otherwise
        return;
      }
      const { reason, rule, end } = why.refused;
      if (end === "refused") note.decide({ allowed: false, rule, reason });
      else note.decide({ ...note.decision, reason });
      note.end(this.#isOver ? "task-ended" : end);
      this.#capture(note, reason);
      asked.refuse(reason);
    } catch (cause) {
      note.decide({ allowed: false, rule: undefined, reason: asMayflyError(cause).message });
      note.end("refused");
      asked.refuse("");
    } finally {
      this.#enders.delete(gone);
      asked.duplex.destroy();
    }
  }

  #capture({ target: { host, port }, addresses: [address] }: StreamNote, why: string): void {
    this.#options.capture?.stream({ name: host, address, port }).refused(why);
  }

  /** Policy, then how it begins where a rule wants that, then addresses, then the connection. @returns why it came to no more */
  async #life(asked: AskedStream, note: StreamNote, signal: AbortSignal): Promise<Refused | undefined> {
    if (this.#isOver) return refused("the task is over");
    const cleared = await unlessAborted(this.#cleared(asked, note), signal);
    if (isRefused(cleared)) return cleared;
    const { addresses, rule, ...settled } = cleared;
    if (rule !== undefined) note.allowedAlsoBy(rule);
    note.addresses = addresses.map(({ address }) => address);
    const peer = await dial(asked.port, addresses, signal);
    if (isRefused(peer)) return peer;
    note.connected = peer.remoteAddress;
    const connected: Connected = { asked, peer, note, signal, ...settled };
    return await serve(connected, {
      ...this.#options,
      authority: this.#authority,
      meter: this.#meter,
      journal: this.#journal,
    });
  }

  async #cleared(asked: AskedStream, note: StreamNote): Promise<Cleared | Refused> {
    const destination = parseDestination(openUntrusted(asked.host), asked.port);
    const terms = await this.#admitted(destination, note);
    if (isRefused(terms) || destination.kind === "refused") return terms as Refused;
    const other = await requireStart(asked.duplex, destination, terms);
    if (other !== undefined) return other;
    const checked = await checkedAddresses(destination, this.#options);
    return isRefused(checked) ? checked : { destination, terms, ...checked };
  }

  async #admitted(destination: Destination | Refusal, note: StreamNote): Promise<Terms | Refused> {
    const { network, onStream } = this.#options;
    const verdict = network.decide(destination);
    if (destination.kind !== "refused")
      note.understood(destination.kind === "name" ? destination.name : destination.address);
    const { rule } = verdict;
    note.decide({ allowed: verdict.allowed, rule, reason: verdict.allowed ? "" : verdict.reason });
    if (onStream === undefined || destination.kind === "refused")
      return verdict.allowed ? (this.#counted() ?? verdict.terms) : refused(verdict.reason, rule);
    // Before the listener, which a guest could keep busy otherwise
    return this.#counted() ?? (await this.#decidedLive(verdict, note, onStream));
  }

  async #decidedLive(verdict: Verdict, note: StreamNote, listener: StreamListener): Promise<Terms | Refused> {
    const live = await answerOf(listener, note);
    if (verdict.allowed && live !== "refuse") return verdict.terms;
    if (live === "allow") {
      note.decide({ allowed: true, rule: "onStream", reason: "" });
      return NO_TERMS;
    }
    this.#meter.giveBack();
    return verdict.allowed || live === "refuse"
      ? refused("it was refused live", "onStream")
      : refused(verdict.reason, verdict.rule);
  }

  #counted(): Refused | undefined {
    const exceeded = this.#meter.open(performance.now());
    return exceeded === undefined ? undefined : overBudget(exceeded.reason);
  }
}

/** What may be dialled, and on which terms. */
interface Cleared extends Pick<Connected, "destination" | "terms">, CheckedAddresses {}

/** Nobody who decides or answers slowly, or never, can hold up the end of a task. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | Refused> {
  const aborted = deferred<Refused>();
  const giveUp = (): void => {
    aborted.resolve(unreachable("the program gave up"));
  };
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

const NO_TERMS: Terms = { tls: false, inspect: false, inject: {} };

/** A listener that fails has not allowed anything. */
async function answerOf(
  listener: StreamListener,
  { target, decision, program }: StreamNote,
): Promise<"allow" | "refuse" | undefined> {
  try {
    return await listener({ target, decision, program });
  } catch {
    return "refuse";
  }
}
