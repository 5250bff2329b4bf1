import { asMayflyError, ignoring } from "../foundation/index.ts";
import type { MicroVm } from "./micro-vm.ts";

/** Forks made ahead of time: warm, paused, each for one task. Refills itself in the background. */
export class StandbyPool implements AsyncDisposable {
  readonly #make: () => Promise<MicroVm>;
  readonly #ready: MicroVm[] = [];
  readonly #making = new Set<Promise<void>>();
  #size = 0;
  #closed = false;
  #failure: unknown;

  constructor(make: () => Promise<MicroVm>) {
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
    this.#closed = true;
    await Promise.all(this.#making);
    await Promise.all(this.#ready.splice(0).map(async (vm) => await vm.dispose()));
  }

  async #refill(): Promise<void> {
    while (!this.#closed && this.#ready.length + this.#making.size < this.#size) {
      const one = this.#add();
      this.#making.add(one);
      void one.then(() => this.#making.delete(one));
      await one; // one after the other: two at once would only share the processor
      if (this.#failure !== undefined) throw asMayflyError(this.#failure);
    }
    await Promise.all(this.#making);
  }

  async #add(): Promise<void> {
    try {
      const vm = await this.#make();
      this.#ready.push(vm);
      void vm.machine.ended.then(() => {
        this.#discard(vm);
      });
      if (this.#closed) this.#discard(vm);
    } catch (cause) {
      this.#failure = cause;
    }
  }

  /** A fork that died while it waited is never handed out. */
  #discard(vm: MicroVm): void {
    const index = this.#ready.indexOf(vm);
    if (index < 0) return;
    this.#ready.splice(index, 1);
    void vm.dispose();
  }
}
