import type { Answer, Ask } from "./ask-system.ts";

const MOST_NAMES = 1_000;
const MOST_ADDRESSES = 32;
/** Seconds; a name that changes is asked for again soon, whatever its TTL says. */
const LONGEST_TTL = 300;
/** Of an answer without an address, or none at all: a guest must not make us ask in a loop. */
const FAILURE_TTL = 5;

interface Known {
  /** Milliseconds, of the resolver's clock. */
  readonly until: number;
  readonly addresses: Promise<readonly string[]>;
}

/** Names to addresses, asked once at a time and remembered by their TTL. One for each task: what it remembers is that task's. */
export class Resolver {
  readonly #ask: Ask;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();

  constructor(ask: Ask, now: () => number = () => performance.now()) {
    this.#ask = ask;
    this.#now = now;
  }

  /** @returns at most 32 addresses, as they were answered; none where there is no such name. Rejects where nobody answers. */
  async resolve(name: string): Promise<readonly string[]> {
    const known = this.#known.get(name);
    if (known !== undefined && known.until > this.#now()) return await known.addresses;
    const asking = this.#ask(name);
    const addresses = asking.then((answers) =>
      [...new Set(answers.map(({ address }) => address))].slice(0, MOST_ADDRESSES),
    );
    this.#remember(name, { until: Infinity, addresses });
    const ttl = await asking.then(shortest, () => FAILURE_TTL);
    this.#remember(name, { until: this.#now() + ttl * 1000, addresses });
    return await addresses;
  }

  #remember(name: string, known: Known): void {
    this.#known.delete(name);
    this.#known.set(name, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST_NAMES) return;
      this.#known.delete(oldest);
    }
  }
}

function shortest(answers: readonly Answer[]): number {
  return answers.length === 0 ? FAILURE_TTL : Math.min(LONGEST_TTL, ...answers.map(({ ttl }) => ttl));
}
