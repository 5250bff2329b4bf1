import { MayflyError, ignoring } from "../foundation/index.ts";
import type { MicroVm } from "./micro-vm.ts";

/** Forks made ahead of time: warm, paused, each for one task. Refills itself in the background. */
export class StandbyPool implements AsyncDisposable {
  readonly #make: (signal: AbortSignal) => Promise<MicroVm>;
  readonly #ready: MicroVm[] = [];
  readonly #making = new Set<Promise<void>>();
  readonly #ending = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  #size = 0;

  /** @param make its signal ends the making: to warm a large program up takes minutes under emulation */
  constructor(make: (signal: AbortSignal) => Promise<MicroVm>) {
    this.#make = make;
  }

  get ready(): number {
    return this.#ready.length;
  }

  /** Keeps `count` forks ready from now on, no more and no less; settles when they are, rejects if one cannot be made. */
  async keep(count: number): Promise<void> {
    this.#size = count;
    await Promise.all(this.#ready.splice(count).map(async (vm) => await vm.dispose()));
    await this.#refill();
  }

  /** A ready fork, now the caller's; undefined where none is. */
  take(): MicroVm | undefined {
    const vm = this.#ready.shift();
    // Not at once: the task that has just begun would share the processor with the making of its successor.
    if (vm !== undefined)
      setTimeout(() => {
        void ignoring(this.#refill(), "the next task forks for itself and tells why it cannot");
      }, 50).unref();
    return vm;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new MayflyError("E_CANCELLED", "No forks are kept ready any more"));
    await Promise.allSettled(this.#making); // whoever waits for one is told of its failure
    await Promise.all([...this.#ready.splice(0).map(async (vm) => await vm.dispose()), ...this.#ending]);
  }

  async #refill(): Promise<void> {
    while (!this.#closing.signal.aborted && this.#ready.length + this.#making.size < this.#size) {
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
    const vm = await this.#make(this.#closing.signal);
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
