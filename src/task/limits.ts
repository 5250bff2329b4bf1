import type { AgentConnection } from "../channel/index.ts";
import type { LimitName, Limits, Outcome } from "../contract/index.ts";
import { MIB, deferred } from "../foundation/index.ts";

/**
 * The guest's kernel keeps some 46 MiB and 2 % for itself; the agent and the files that programs are mapped from need room
 * too. With less, the kernel would thrash for minutes on the last pages before it gives the limit up as reached.
 */
const RESERVE = 48 * MIB;
const SHARE = 0.85;

/** Most memory of the guest that a task's processes and files get, in bytes. */
export function taskMemory(memory: number): number {
  return Math.floor(memory * SHARE - RESERVE);
}

/** Watches a running task; `hit` settles with the first limit that it went over, and never otherwise. */
export class LimitWatch {
  readonly #limits: Limits;
  readonly #hit = deferred<Outcome>();
  #timer: NodeJS.Timeout | undefined;
  #output = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get hit(): Promise<Outcome> {
    return this.#hit.promise;
  }

  /** Starts the clock and listens to what the guest's kernel says. */
  begin(agent: AgentConnection): void {
    this.#timer = setTimeout(
      () => {
        this.#over("timeMs");
      },
      Math.min(this.#limits.timeMs, 2 ** 31 - 1),
    );
    agent.onEvent(({ kind }) => {
      this.#over(kind);
    });
  }

  /** Counts output; false once there is too much. */
  countOutput(bytes: number): boolean {
    this.#output += bytes;
    if (this.#output <= this.#limits.outputBytes) return true;
    this.#over("outputBytes");
    return false;
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #over(limit: LimitName): void {
    this.#hit.resolve({ kind: "limit", limit, allowed: this.#limits[limit] ?? 0 });
  }
}
