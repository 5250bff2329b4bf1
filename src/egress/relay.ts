import { once } from "node:events";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { StreamEnd } from "../contract/index.ts";
import { ignoring } from "../foundation/index.ts";
import { reset } from "./dial.ts";

/** What is told of the bytes that pass. */
export interface RelayWatcher {
  /** Bytes of the guest that are about to leave. False: they must not, and the stream ends with `budget`. */
  readonly out: (chunk: Uint8Array) => boolean;
  readonly in: (chunk: Uint8Array) => void;
  /** Settles when more can be recorded; undefined: now. */
  readonly ready: () => Promise<void> | undefined;
  /** That direction has ended. */
  readonly outEnded: () => void;
  readonly inEnded: () => void;
}

/** What a program has sent before it went may take so long to be taken by its peer. */
const LINGER_MS = 60_000;

/**
 * Passes bytes both ways until both directions have ended, each on its own, or one end breaks; then both are gone, and
 * a peer is told by RST that its stream did not end as it should.
 * Neither side is read faster than the other takes it.
 */
export async function relay(guest: Duplex, peer: Duplex, watcher: RelayWatcher): Promise<StreamEnd> {
  return await new Promise((resolve) => {
    let open = 2;
    let lingering: NodeJS.Timeout | undefined;
    const over = (end: StreamEnd): void => {
      resolve(end); // first: to destroy a side may finish it
      clearTimeout(lingering);
      guest.destroy();
      // A server must not take what was cut off for all there is
      if (end !== "closed" && peer instanceof Socket) reset(peer);
      else peer.destroy();
    };
    const finished = (): void => {
      if (--open === 0) over("closed");
    };
    watch(peer, () => {
      over("reset");
    });
    // A program that has said all may go without waiting for the rest, as most TLS clients do
    watch(guest, () => {
      over(guest.readableEnded && peer.writableFinished ? "closed" : "reset");
    });
    guest.once("close", () => {
      if (open > 0) lingering = setTimeout(over, LINGER_MS, "reset");
    });
    const { ready } = watcher;
    pass(peer, guest, { see: told(watcher.in), ready, ended: watcher.inEnded, finished });
    pass(guest, peer, {
      ready,
      ended: watcher.outEnded,
      finished,
      see: (chunk) => {
        const may = watcher.out(chunk);
        if (!may) over("budget");
        return may;
      },
    });
  });
}

function told(tell: (chunk: Uint8Array) => void): (chunk: Uint8Array) => boolean {
  return (chunk) => {
    tell(chunk);
    return true;
  };
}

/** A side that has ended both ways closes by itself, which is no break. */
function watch(side: Duplex, broken: () => void): void {
  side.once("error", broken).once("close", () => {
    if (!side.readableEnded || !side.writableFinished) broken();
  });
}

interface Passing extends Pick<RelayWatcher, "ready"> {
  readonly see: (chunk: Uint8Array) => boolean;
  readonly ended: () => void;
  /** All of this direction was taken by the other side. */
  readonly finished: () => void;
}

function pass(from: Duplex, to: Duplex, { see, ready, ended, finished }: Passing): void {
  from.on("data", (chunk: Uint8Array) => {
    if (!see(chunk)) return;
    const isTaken = to.write(chunk);
    const recorded = ready();
    if (isTaken && recorded === undefined) return;
    from.pause();
    const drained = isTaken ? undefined : once(to, "drain");
    void ignoring(
      Promise.all([drained, recorded]).then(() => from.resume()),
      "a side that broke was told",
    );
  });
  from.once("end", () => {
    ended();
    to.end(finished);
  });
  from.resume();
}
