import type {
  Finding,
  MemoryRecord,
  OnFinding,
  Outcome,
  StreamAsked,
  WitnessEvent,
} from "../contract/index.ts";
import { FindingWatch, actionOn, type Rule } from "../findings/index.ts";
import { deferred } from "../foundation/index.ts";
import type { NetworkHost } from "./network.ts";

/** Watches a running task by the rules; `hit` settles with the first finding that the policy ends it for, and never otherwise. */
export class FindingStop {
  readonly #policy: OnFinding | undefined;
  readonly #watch: FindingWatch;
  #from = performance.now();
  readonly #hit = deferred<Outcome>();
  #found: Outcome | undefined;

  private constructor(policy: OnFinding | undefined, rules: readonly Rule[]) {
    this.#policy = policy;
    this.#watch = new FindingWatch(rules);
  }

  /**
   * @param policy undefined: nothing ends it, and no rules are asked for
   * @throws E_BAD_RULE
   */
  static async open(
    policy: OnFinding | undefined,
    rules: (() => Promise<readonly Rule[]>) | undefined,
  ): Promise<FindingStop> {
    const acts = policy !== undefined && policy.do !== "continue";
    return new FindingStop(acts ? policy : undefined, acts ? ((await rules?.()) ?? []) : []);
  }

  /** Whether anything that is found would end the task. */
  get acts(): boolean {
    return this.#policy !== undefined;
  }

  /** The task begins: what it is seen to do counts from now on, as the witness counts. */
  begin(): void {
    this.#from = performance.now();
  }

  get hit(): Promise<Outcome> {
    return this.#hit.promise;
  }

  /** What `hit` settled with; undefined so far. */
  get found(): Outcome | undefined {
    return this.#found;
  }

  event(event: WitnessEvent): void {
    this.#judge(this.#watch.event(event));
  }

  /** Seen from outside, each time that it is looked at. Memory that could not be checked says nothing. */
  memory(memory: MemoryRecord): void {
    if (memory.state === "checked") this.#judge(this.#watch.memory(memory));
  }

  /** The same network, which tells of each stream as it is asked for and decided. */
  watching(network: NetworkHost): NetworkHost {
    if (this.#policy === undefined) return network;
    const onStream = async (asked: StreamAsked): Promise<"allow" | "refuse" | undefined> => {
      const answer = await network.onStream?.(asked);
      this.#asked(asked, answer);
      return answer;
    };
    return { ...network, onStream };
  }

  #asked({ target, decision, program }: StreamAsked, answer: "allow" | "refuse" | undefined): void {
    const allowed = answer === undefined ? decision.allowed : answer === "allow";
    const nothing = { addresses: [], connected: undefined, tls: undefined, inspected: false, http: [] };
    const sofar = { bytesOut: 0, bytesIn: 0, lasted: 0, end: allowed ? "task-ended" : "refused" } as const;
    const at = performance.now() - this.#from;
    this.#judge(
      this.#watch.stream({ at, target, program, decision: { ...decision, allowed }, ...nothing, ...sofar }),
    );
  }

  #judge(found: readonly Finding[]): void {
    const action = this.#policy && actionOn(found, this.#policy);
    if (action === undefined) return;
    this.#found ??= { kind: "stopped", finding: action.finding };
    this.#hit.resolve(this.#found);
  }
}
