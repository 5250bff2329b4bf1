import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { duplexPair, type Duplex } from "node:stream";
import type { StreamEnd } from "../contract/index.ts";
import { asMayflyError } from "../foundation/index.ts";
import type { BudgetMeter, Destination, Terms } from "../policy/network/index.ts";
import type { AskedStream } from "./asked-stream.ts";
import { reset } from "./dial.ts";
import { httpRecord } from "./http/index.ts";
import { inspect, type TaskAuthority } from "./inspect/index.ts";
import type { Journal } from "./journal.ts";
import type { Capture, CapturedStream } from "./pcap/index.ts";
import { overBudget, type Refused } from "./refused.ts";
import { relay } from "./relay.ts";
import { headersOf } from "./secrets.ts";
import type { StreamNote } from "./stream-note.ts";
import { StreamWatcher } from "./stream-watcher.ts";

/** A stream that was allowed and dialled. */
export interface Connected {
  readonly asked: AskedStream;
  readonly peer: Socket;
  readonly note: StreamNote;
  readonly terms: Terms;
  readonly destination: Destination;
  /** Aborts when the guest or the task is done with it. */
  readonly signal: AbortSignal;
}

export interface Surroundings {
  readonly meter: BudgetMeter;
  readonly journal: Journal;
  readonly authority?: TaskAuthority | undefined;
  readonly capture?: Capture | undefined;
  /** Whom to trust as a real server; default: Node's roots. */
  readonly trust?: SecureContext | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** Passes bytes between guest and peer, as they are or inspected, until that is over. */
export async function serve(connected: Connected, around: Surroundings): Promise<Refused | undefined> {
  const { asked, peer, note, terms, signal } = connected;
  const giveUp = (): void => {
    asked.duplex.destroy(); // an inspection may not have touched the peer yet
    reset(peer);
  };
  if (signal.aborted) giveUp();
  signal.addEventListener("abort", giveUp, { once: true });
  const isInspected = terms.inspect || Object.keys(terms.inject).length > 0;
  const trace = around.capture?.stream({
    name: note.target.host,
    address: peer.remoteAddress,
    port: note.target.port,
    inspected: terms.inspect,
  });
  trace?.open();
  const watcher = new StreamWatcher({ ...around, note, trace });
  try {
    const other = isInspected ? inspected(connected, around, trace) : peer;
    const end: StreamEnd = await relay(asked.duplex, other, watcher);
    if (end === "budget") return overBudget(watcher.exceeded);
    if (end === "reset") trace?.reset();
    if (!signal.aborted || end === "closed") note.end(end);
    return undefined;
  } finally {
    signal.removeEventListener("abort", giveUp);
    peer.destroy();
  }
}

/** Puts an inspection before the peer. @returns the end that the guest's bytes go to */
function inspected(
  { note, terms, destination, peer }: Connected,
  { authority, trust, env }: Surroundings,
  trace: CapturedStream | undefined,
): Duplex {
  const [near, far] = duplexPair();
  near.once("close", () => far.destroy());
  far.once("close", () => near.destroy());
  note.inspected = true;
  const name = destination.kind === "name" ? destination.name : destination.address;
  const over = inspect({
    guest: far,
    target: { name, port: destination.port },
    dial: async () => await Promise.resolve(peer),
    authority: terms.inspect ? authority : undefined,
    trust,
    inject: headersOf(terms.inject, env),
    onRequest: (number, words) => {
      note.http(number, httpRecord(words, undefined));
    },
    onResponse: (number, status) => {
      note.httpStatus(number, status);
    },
    onTls: (words) => {
      note.tls(words);
    },
    onKeyLog: (line) => trace?.secret(line),
    onFault: (why) => {
      note.fault(why);
    },
  });
  over.catch((cause: unknown) => {
    note.fault(asMayflyError(cause).message);
    near.destroy();
  });
  return near;
}
