import type { Finding, OnFinding, Outcome, StreamRecord, WitnessEvent } from "../contract/index.ts";
import { FindingWatch, actionOn, type Rule } from "../findings/index.ts";
import { deferred } from "../foundation/index.ts";

/** Watches a running task by the rules; `hit` settles with the first finding that the policy ends it for, and never otherwise. */
export class FindingStop {
  readonly #policy: OnFinding;
  readonly #watch: FindingWatch;
  readonly #hit = deferred<Outcome>();

  constructor(policy: OnFinding, rules: readonly Rule[]) {
    this.#policy = policy;
    this.#watch = new FindingWatch(rules);
  }

  get hit(): Promise<Outcome> {
    return this.#hit.promise;
  }

  event(event: WitnessEvent): void {
    this.#judge(this.#watch.event(event));
  }

  stream(stream: StreamRecord): void {
    this.#judge(this.#watch.stream(stream));
  }

  #judge(found: readonly Finding[]): void {
    const action = actionOn(found, this.#policy);
    if (action !== undefined) this.#hit.resolve({ kind: "stopped", finding: action.finding });
  }
}
