import type { ResourceRecord, ResourceSample } from "../contract/index.ts";
import type { Machine } from "../engine/index.ts";

const MOST_SAMPLES = 600;
const FIRST_INTERVAL_MS = 100;
const MOST_LINES = 200;

type Sampled = Pick<Machine, "usage" | "console" | "ended">;

/** Notes what a machine uses over time, from now until it ends or `stop`. Costs some 0.1 ms a sample, and keeps no process alive. */
export class Sampler {
  readonly #machine: Sampled;
  readonly #from = performance.now();
  #samples: ResourceSample[] = [];
  #interval = FIRST_INTERVAL_MS;
  #peak = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(machine: Sampled) {
    this.#machine = machine;
    this.#sample();
    void machine.ended.then(() => {
      this.stop();
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Everything so far; takes a sample. */
  record(): ResourceRecord {
    this.#note();
    return {
      samples: [...this.#samples],
      cpuMs: this.#samples.at(-1)?.cpuMs ?? 0,
      peakPrivateBytes: this.#peak,
      console: this.#machine.console.lines(MOST_LINES),
    };
  }

  #sample(): void {
    this.#note();
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#sample();
    }, this.#interval).unref();
  }

  /** Twice as far apart, and half of them dropped, each time that there are as many as may be. */
  #note(): void {
    const usage = this.#stopped ? undefined : this.#machine.usage();
    if (usage === undefined) return;
    this.#peak = Math.max(this.#peak, usage.privateBytes);
    this.#samples.push({ at: Math.round(performance.now() - this.#from), ...usage });
    if (this.#samples.length <= MOST_SAMPLES) return;
    this.#samples = this.#samples.filter((_sample, index) => index % 2 === 0);
    this.#interval *= 2;
  }
}
