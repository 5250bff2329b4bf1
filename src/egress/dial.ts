import { connect, type Socket } from "node:net";
import { attempt, errnoOf } from "../foundation/index.ts";
import type { CheckedAddress } from "./addresses.ts";
import { unreachable, type Refused } from "./refused.ts";

const TIMEOUT_MS = 20_000;
/** RFC 8305 §5: the next address is tried beside those that have not answered within this. */
const ATTEMPT_MS = 250;

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "there is no network to it",
  ETIMEDOUT: "it does not answer",
  EMFILE: "Mayfly has no descriptors left",
};

/**
 * Connects to these addresses, both families by turns, one more whenever those before fail or are slow; the first that
 * answers is it, and the others are given up. No name is given down, so nothing is resolved again. The socket ends each
 * direction on its own.
 */
export async function dial(
  port: number,
  addresses: readonly CheckedAddress[],
  signal: AbortSignal,
): Promise<Socket | Refused> {
  if (signal.aborted) return unreachable("the program gave up");
  return await new Promise((resolve) => {
    new Race(port, byTurns(addresses), { signal, resolve }).next();
  });
}

interface Outcome {
  readonly signal: AbortSignal;
  readonly resolve: (outcome: Socket | Refused) => void;
}

/** Attempts to reach one server, the first of which wins. */
class Race {
  readonly #port: number;
  readonly #left: CheckedAddress[];
  readonly #outcome: Outcome;
  readonly #running = new Set<Socket>();
  readonly #deadline = setTimeout(() => {
    this.#settle(unreachable("it does not answer"));
  }, TIMEOUT_MS);
  #turn: NodeJS.Timeout | undefined;
  #reason: string | undefined;

  constructor(port: number, addresses: readonly CheckedAddress[], outcome: Outcome) {
    this.#port = port;
    this.#left = [...addresses];
    this.#outcome = outcome;
    outcome.signal.addEventListener("abort", this.#giveUp, { once: true });
  }

  next(): void {
    clearTimeout(this.#turn);
    const address = this.#left.shift();
    if (address === undefined) return;
    const socket = connect({
      host: address.address,
      family: address.family,
      port: this.#port,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
    });
    this.#running.add(socket);
    socket.once("connect", () => {
      this.#settle(socket);
    });
    socket.on("error", (cause) => {
      this.#failed(socket, cause);
    });
    if (this.#left.length > 0)
      this.#turn = setTimeout(() => {
        this.next();
      }, ATTEMPT_MS);
  }

  #failed(socket: Socket, cause: unknown): void {
    if (!this.#running.delete(socket)) return;
    this.#reason ??= reasonOf(cause);
    if (this.#left.length > 0) this.next();
    else if (this.#running.size === 0) this.#settle(unreachable(this.#reason));
  }

  readonly #giveUp = (): void => {
    this.#settle(unreachable("the program gave up"));
  };

  #settle(outcome: Socket | Refused): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#turn);
    this.#outcome.signal.removeEventListener("abort", this.#giveUp);
    this.#left.length = 0;
    for (const socket of this.#running) if (socket !== outcome) socket.destroy();
    this.#running.clear();
    this.#outcome.resolve(outcome);
  }
}

/** RFC 8305 §4: the families by turns, so that one that leads nowhere does not keep the other waiting. */
function byTurns(addresses: readonly CheckedAddress[]): CheckedAddress[] {
  const [first] = addresses;
  const same = addresses.filter(({ family }) => family === first?.family);
  const other = addresses.filter(({ family }) => family !== first?.family);
  return Array.from({ length: Math.max(same.length, other.length) }, (_, i) => [same[i], other[i]])
    .flat()
    .filter((address) => address !== undefined);
}

function reasonOf(cause: unknown): string {
  const errno = errnoOf(cause) ?? "unknown";
  return WORDS[errno] ?? `it cannot be connected (${errno})`;
}

/** Ends a connection at once, with RST rather than FIN, as its other end was. */
export function reset(socket: Socket): void {
  attempt(() => socket.resetAndDestroy(), "not connected any more");
  socket.destroy();
}
