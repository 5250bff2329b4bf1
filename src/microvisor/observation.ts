import { createHash } from "node:crypto";
import { uncheckedMemory, type MemoryRecord, type ResourceRecord } from "../contract/index.ts";
import type { Machine } from "../engine/index.ts";
import { MayflyError, asMayflyError, ignoring, sleep, within } from "../foundation/index.ts";
import { Sampler, checkMemory, type Baseline, type MemoryCheck } from "../introspection/index.ts";

/** A check takes some 50 ms; one that takes this long has met a host that starves, or an engine that does not answer. */
const DEADLINE_MS = 5000;
/** The kernel rewrites a place of its own text in well under a millisecond of its own time, which a busy host may not give it. */
const SETTLE_MS = 20;
const MOST_TRIES = 7;

/** What is seen of one machine from outside: its memory and what it uses. */
export class Observation {
  readonly #machine: Machine;
  readonly #baseline: (() => Baseline) | undefined;
  readonly #inputs: Buffer[] = [];
  readonly #compare: typeof checkMemory;
  #sampler: Sampler | undefined;
  #from = performance.now();
  /** One check at a time: another one would let the machine run on under it. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Of the machine as it stands paused. */
  #standing: MemoryRecord | undefined;

  /** @param baseline what its memory is compared with; read when it is first needed */
  constructor(machine: Machine, baseline: (() => Baseline) | undefined, compare = checkMemory) {
    this.#machine = machine;
    this.#baseline = baseline;
    this.#compare = compare;
  }

  /** The task begins: what is told of times and use counts from now on. */
  begin(): void {
    this.#from = performance.now();
    this.#sampler?.stop();
    this.#sampler = new Sampler(this.#machine);
  }

  /** Takes note of how a file begins that was put into the guest, so that a program in it is explained. */
  know(head: Uint8Array): void {
    const page = Buffer.alloc(4096);
    page.set(head.subarray(0, page.length));
    this.#inputs.push(createHash("sha256").update(page).digest());
  }

  async resources(): Promise<ResourceRecord> {
    this.#sampler ??= new Sampler(this.#machine);
    return await this.#sampler.record();
  }

  /**
   * Pauses the machine, compares its memory with its template's, and lets it run on if so wished. One that stands paused
   * since the last check stays so until `resume`, and it is the same record. Never rejects.
   */
  async check(afterwards: "continue" | "stay"): Promise<MemoryRecord> {
    const check = this.#turn.then(async () => await this.#check(afterwards));
    this.#turn = check;
    return await check;
  }

  /** Lets the machine run on that was left paused after a check. @throws E_ENGINE_DIED */
  async resume(): Promise<void> {
    if (this.#standing === undefined) return;
    this.#standing = undefined;
    await this.#machine.continue();
  }

  async #check(afterwards: "continue" | "stay"): Promise<MemoryRecord> {
    if (this.#standing !== undefined) return this.#standing;
    const record = await this.#compared();
    if (afterwards === "stay") this.#standing = record;
    else await ignoring(this.#machine.continue(), "a machine that has ended is told by what comes next");
    return record;
  }

  async #compared(): Promise<MemoryRecord> {
    const at = Math.round(performance.now() - this.#from);
    const deadline = new AbortController();
    try {
      const late = (): MayflyError =>
        new MayflyError("E_ENGINE_PROTOCOL", `The check did not end within ${DEADLINE_MS / 1000} s`);
      const { record } = await within(this.#settled(deadline.signal), DEADLINE_MS, { late });
      return { ...record, at };
    } catch (cause) {
      return { ...uncheckedMemory(asMayflyError(cause).message), at };
    } finally {
      deadline.abort();
    }
  }

  /** Again, where the kernel was just rewriting its text. */
  async #settled(over: AbortSignal): Promise<MemoryCheck> {
    const baseline = this.#baseline?.();
    if (baseline === undefined)
      throw new MayflyError("E_TEMPLATE", "The machine was booted; it has no template to be compared with");
    for (const head of this.#inputs) baseline.heads.add(head);
    for (let tries = 1; ; tries++) {
      await this.#machine.pause();
      const check = await this.#compare(this.#machine, baseline);
      if (!check.unsettled || tries === MOST_TRIES) return check;
      over.throwIfAborted(); // the machine is another's now, who may want it paused
      await this.#machine.continue();
      await sleep(SETTLE_MS * 2 ** (tries - 1));
      over.throwIfAborted();
    }
  }
}
