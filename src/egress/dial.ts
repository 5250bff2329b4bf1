import { connect, type LookupFunction, type Socket, type TcpNetConnectOpts } from "node:net";
import { attempt, errnoOf } from "../foundation/index.ts";
import type { CheckedAddress } from "./addresses.ts";
import { unreachable, type Refused } from "./refused.ts";

const TIMEOUT_MS = 20_000;
/** RFC 8305 §5: the next address is tried when one has not answered within this. */
const ATTEMPT_MS = 250;

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "there is no network to it",
  ETIMEDOUT: "it does not answer",
  EMFILE: "Mayfly has no descriptors left",
};

/**
 * Connects to the first of these addresses that answers, both families side by side. No name is given down, so nothing
 * is resolved again. The socket ends each direction on its own.
 */
export async function dial(
  port: number,
  addresses: readonly CheckedAddress[],
  signal: AbortSignal,
): Promise<Socket | Refused> {
  if (signal.aborted) return unreachable("the program gave up");
  return await new Promise((resolve) => {
    const socket = connect({
      ...hostOf(addresses),
      port,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
    });
    const fail = (reason: string): void => {
      settle();
      socket.destroy();
      resolve(unreachable(reason));
    };
    const timer = setTimeout(() => {
      fail("it does not answer");
    }, TIMEOUT_MS);
    const giveUp = (): void => {
      fail("the program gave up");
    };
    signal.addEventListener("abort", giveUp, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    };
    socket.once("connect", () => {
      settle();
      resolve(socket);
    });
    socket.on("error", (cause) => {
      fail(reasonOf(cause));
    });
  });
}

/** One address is dialled at once; of several, each gets its turn. */
function hostOf(addresses: readonly CheckedAddress[]): Partial<TcpNetConnectOpts> {
  const [first, second] = addresses;
  const lookup = only(addresses);
  if (first !== undefined && second === undefined)
    return { host: first.address, lookup, autoSelectFamily: false };
  return {
    host: "checked.invalid",
    lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_MS,
  };
}

/** Stands where a name would be resolved. */
function only(addresses: readonly CheckedAddress[]): LookupFunction {
  return (_name, _options, answer) => {
    answer(
      null,
      addresses.map(({ address, family }) => ({ address, family })),
    );
  };
}

/** Of several attempts the first one's reason. */
function reasonOf(cause: unknown): string {
  const [first] = cause instanceof AggregateError ? (cause.errors as unknown[]) : [cause];
  const errno = errnoOf(first) ?? errnoOf(cause) ?? "unknown";
  return WORDS[errno] ?? `it cannot be connected (${errno})`;
}

/** Ends a connection at once, with RST rather than FIN, as its other end was. */
export function reset(socket: Socket): void {
  attempt(() => socket.resetAndDestroy(), "not connected any more");
  socket.destroy();
}
