import type { NetworkBudget } from "../../contract/index.ts";

/** Where a policy does not say otherwise: each stream costs the host something. */
export const DEFAULT_CONNECTIONS_PER_SECOND = 1_000;

/** Which budget was used up. */
export interface Exceeded {
  readonly budget: keyof NetworkBudget;
  readonly allowed: number;
  /** One clause, for a person. */
  readonly reason: string;
}

/**
 * Counts what all streams of a task use together. Pure: time is passed in.
 * Connections a second are a bucket of as many tokens as one second gives (at least one), full at first.
 */
export class BudgetMeter {
  readonly #budget: NetworkBudget;
  #bytesOut = 0;
  #connections = 0;
  #tokens: number;
  #filledAt: number | undefined;

  constructor(budget: NetworkBudget) {
    this.#budget = budget;
    this.#tokens = capacity(budget.connectionsPerSecond);
  }

  get bytesOut(): number {
    return this.#bytesOut;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Counts a stream that is about to be opened; one that is refused is not counted. @param now milliseconds, of any clock */
  open(now: number): Exceeded | undefined {
    const { connections = Infinity, connectionsPerSecond = Infinity } = this.#budget;
    if (this.#connections >= connections)
      return exceeded("connections", connections, `the budget of ${connections} connections is used up`);
    this.#refill(now, connectionsPerSecond);
    if (this.#tokens < 1)
      return exceeded(
        "connectionsPerSecond",
        connectionsPerSecond,
        `more than ${connectionsPerSecond} connections a second`,
      );
    this.#tokens -= 1;
    this.#connections += 1;
    return undefined;
  }

  /** One that was counted was refused after all: it is none of the task's connections, though one of its second. */
  giveBack(): void {
    this.#connections -= 1;
  }

  /** Counts bytes that are about to leave; those that would go beyond the budget are not counted and must not leave. */
  send(bytes: number): Exceeded | undefined {
    const { bytesOut = Infinity } = this.#budget;
    if (this.#bytesOut + bytes > bytesOut)
      return exceeded("bytesOut", bytesOut, `the budget of ${bytesOut} bytes to the outside is used up`);
    this.#bytesOut += bytes;
    return undefined;
  }

  /** A clock that goes back gives nothing. */
  #refill(now: number, perSecond: number): void {
    const passed = Math.max(0, now - (this.#filledAt ?? now));
    this.#filledAt = Math.max(now, this.#filledAt ?? now);
    if (perSecond !== Infinity)
      this.#tokens = Math.min(capacity(perSecond), this.#tokens + (passed * perSecond) / 1000);
  }
}

function capacity(perSecond = Infinity): number {
  return Math.max(1, perSecond);
}

function exceeded(budget: keyof NetworkBudget, allowed: number, reason: string): Exceeded {
  return { budget, allowed, reason };
}
