import { NO_RESOURCES, type ResourceRecord, type ResourceSample } from "../contract/index.ts";
import type { Machine } from "../engine/index.ts";

const MOST_SAMPLES = 600;
const FIRST_INTERVAL_MS = 100;
const MOST_LINES = 200;

type Sampled = Pick<Machine, "usage" | "disk" | "console" | "ended">;

/** Notes what a machine uses over time, from now until it ends or `stop`. Costs some 0.2 ms a sample, and keeps no process alive. */
export class Sampler {
  readonly #machine: Sampled;
  readonly #from = performance.now();
  #samples: ResourceSample[] = [];
  #disk = NO_RESOURCES.disk;
  #interval = FIRST_INTERVAL_MS;
  #peak = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(machine: Sampled) {
    this.#machine = machine;
    void this.#sample();
    void machine.ended.then(() => {
      this.stop();
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Everything so far; takes a sample. */
  async record(): Promise<ResourceRecord> {
    await this.#note();
    return {
      samples: [...this.#samples],
      cpuMs: this.#samples.at(-1)?.cpuMs ?? 0,
      peakPrivateBytes: this.#peak,
      disk: this.#disk,
      console: this.#machine.console.timed(MOST_LINES).map(({ at, text }) => ({
        at: Math.max(0, Math.round(at - this.#from)),
        text,
      })),
    };
  }

  async #sample(): Promise<void> {
    await this.#note();
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      void this.#sample();
    }, this.#interval).unref();
  }

  /** Twice as far apart, and half of them dropped, each time that there are as many as may be. */
  async #note(): Promise<void> {
    const usage = this.#stopped ? undefined : this.#machine.usage();
    if (usage === undefined) return;
    const at = Math.round(performance.now() - this.#from);
    // A machine that ends under the question has told all that it will.
    this.#disk = (await this.#machine.disk()) ?? this.#disk;
    this.#peak = Math.max(this.#peak, usage.privateBytes);
    if (at < (this.#samples.at(-1)?.at ?? 0)) return; // another one was quicker
    this.#samples.push({ at, ...usage, readBytes: this.#disk.readBytes });
    if (this.#samples.length <= MOST_SAMPLES) return;
    this.#samples = this.#samples.filter((_sample, index) => index % 2 === 0);
    this.#interval *= 2;
  }
}
