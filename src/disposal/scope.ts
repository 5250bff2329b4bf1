import type { DisposalStep } from "../contract/index.ts";
import { MayflyError, asMayflyError } from "../foundation/index.ts";

/** Ends one thing; the text that it returns says what was observed. Throwing means that the step failed. */
export type Disposer = () => Promise<string> | string;

/**
 * Collects what must be undone, and undoes it last-in first-out. Every step runs, whatever the others do, and each
 * result is kept: they are the proof of disposal.
 */
export class Scope {
  readonly #disposers: (() => Promise<readonly DisposalStep[]>)[] = [];
  #closing: Promise<readonly DisposalStep[]> | undefined;

  /** Registers `dispose` first and then runs `make`, so that nothing made is ever unregistered. */
  async acquire<T>(step: string, dispose: Disposer, make: () => Promise<T> | T): Promise<T> {
    this.defer(step, dispose);
    return await make();
  }

  defer(step: string, dispose: Disposer): void {
    this.nest(async () => [await timed(step, dispose)]);
  }

  /** Makes another scope's steps part of this one's. */
  nest(close: () => Promise<readonly DisposalStep[]>): void {
    if (this.#closing !== undefined)
      throw new MayflyError("E_INTERNAL", "Something was acquired in a scope that is closed");
    this.#disposers.push(close);
  }

  /** Runs every step once; a second call gets the same result. Never rejects. */
  async close(): Promise<readonly DisposalStep[]> {
    this.#closing ??= this.#run();
    return await this.#closing;
  }

  async #run(): Promise<readonly DisposalStep[]> {
    const steps: DisposalStep[] = [];
    for (let close = this.#disposers.pop(); close !== undefined; close = this.#disposers.pop())
      steps.push(...(await close()));
    return steps;
  }
}

async function timed(step: string, dispose: Disposer): Promise<DisposalStep> {
  const from = performance.now();
  const elapsed = (): number => Math.round((performance.now() - from) * 10) / 10;
  try {
    return { step, ok: true, detail: await dispose(), ms: elapsed() };
  } catch (cause) {
    return { step, ok: false, detail: asMayflyError(cause).message, ms: elapsed() };
  }
}
