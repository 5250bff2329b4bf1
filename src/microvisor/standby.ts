import { setTimeout as wait } from "node:timers/promises";
import { MayflyError, ignoring } from "../foundation/index.ts";
import type { MicroVm } from "./micro-vm.ts";
import { atRest } from "./rest.ts";

/** What is made faster than this takes nothing worth mentioning from whoever has just been given one. */
const CHEAP_MS = 1000;
/** The task that has just begun would share the processor with the making of its successor even so. */
const HEAD_START_MS = 50;

/**
 * Forks made ahead of time: warm, paused, each for one task. Refills itself in the background: where that takes long, one
 * that was given away is made anew when it has come to rest, as the warm-up of a large program would otherwise take half of
 * the machine from the person who waits for the one before.
 */
export class StandbyPool implements AsyncDisposable {
  readonly #make: (signal: AbortSignal) => Promise<MicroVm>;
  readonly #rest: typeof atRest;
  readonly #ready: MicroVm[] = [];
  readonly #making = new Set<Promise<void>>();
  readonly #ending = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  #size = 0;
  /** Given away, and not to be made anew yet. */
  #busy = 0;
  #lastTookMs = 0;

  /** @param make its signal ends the making: to warm a large program up takes minutes under emulation */
  constructor(make: (signal: AbortSignal) => Promise<MicroVm>, rest: typeof atRest = atRest) {
    this.#make = make;
    this.#rest = rest;
  }

  get ready(): number {
    return this.#ready.length;
  }

  /** Keeps `count` forks ready from now on, no more and no less; settles when they are, rejects if one cannot be made. */
  async keep(count: number): Promise<void> {
    this.#size = count;
    await Promise.all(this.#ready.splice(count).map(async (vm) => await vm.dispose()));
    await this.#refill(0);
  }

  /** A ready fork, now the caller's; undefined where none is. */
  take(): MicroVm | undefined {
    const vm = this.#ready.shift();
    if (vm !== undefined)
      void ignoring(this.#replace(vm), "the next task forks for itself and tells why it cannot");
    return vm;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new MayflyError("E_CANCELLED", "No forks are kept ready any more"));
    await Promise.allSettled(this.#making); // whoever waits for one is told of its failure
    await Promise.all([...this.#ready.splice(0).map(async (vm) => await vm.dispose()), ...this.#ending]);
  }

  async #replace(taken: MicroVm): Promise<void> {
    const { signal } = this.#closing;
    this.#busy++;
    try {
      if (this.#lastTookMs < CHEAP_MS) await wait(HEAD_START_MS, undefined, { ref: false, signal });
      else await this.#rest(taken.machine, signal);
    } finally {
      this.#busy--;
    }
    await this.#refill(this.#busy);
  }

  /** @param spared places that are left empty for now */
  async #refill(spared: number): Promise<void> {
    const isShort = (): boolean => this.#ready.length + this.#making.size + spared < this.#size;
    while (!this.#closing.signal.aborted && isShort()) {
      const one = this.#add();
      this.#making.add(one);
      try {
        await one; // one after the other: two at once would only share the processor
      } finally {
        this.#making.delete(one);
      }
    }
    await Promise.all(this.#making);
  }

  async #add(): Promise<void> {
    const from = performance.now();
    const vm = await this.#make(this.#closing.signal);
    this.#lastTookMs = performance.now() - from;
    // While it was made, the pool may have been closed or made smaller.
    if (this.#closing.signal.aborted || this.#ready.length >= this.#size) {
      await vm.dispose();
      return;
    }
    this.#ready.push(vm);
    void vm.machine.ended.then(() => {
      this.#discard(vm);
    });
  }

  /** A fork that died while it waited is never handed out. */
  #discard(vm: MicroVm): void {
    const index = this.#ready.indexOf(vm);
    if (index < 0) return;
    this.#ready.splice(index, 1);
    const ending = vm.dispose();
    this.#ending.add(ending);
    void ending.then(() => this.#ending.delete(ending));
  }
}
