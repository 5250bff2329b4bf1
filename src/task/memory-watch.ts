import type { MemoryRecord } from "../contract/index.ts";
import type { MicroVm } from "../microvisor/index.ts";

const LEAST_INTERVAL_MS = 1000;
/** A check stops the guest: it may take one part of so many of a task's time. */
const PARTS = 20;

type Observed = Pick<MicroVm["observation"], "check">;

/** Looks at the memory of a running machine time and again, so that what is only seen from outside is seen while it runs. */
export class MemoryWatch {
  readonly #observation: Observed;
  readonly #onMemory: (memory: MemoryRecord) => void;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(observation: Observed, onMemory: (memory: MemoryRecord) => void) {
    this.#observation = observation;
    this.#onMemory = onMemory;
    this.#next(LEAST_INTERVAL_MS);
  }

  /** Afterwards nobody stops the machine or lets it run on because of this. Never rejects. */
  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #next(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#look();
    }, ms).unref();
  }

  async #look(): Promise<void> {
    const from = performance.now();
    this.#onMemory(await this.#observation.check("continue"));
    if (!this.#ended) this.#next(Math.max(LEAST_INTERVAL_MS, (performance.now() - from) * (PARTS - 1)));
  }
}
