import type { Duplex } from "node:stream";
import {
  ERROR,
  GUEST_ERROR,
  guestMessages,
  HELLO,
  MAX_EVENTS,
  MAX_LOOKUPS,
  MAX_UNREAD_REFUSALS,
  violation,
} from "../contract/agent/index.ts";
import { NEWEST_VERSION, OLDEST_VERSION, type GuestMessage } from "../contract/agent/index.ts";
import { asMayflyError, deferred, MayflyError, MIB, type Untrusted } from "../foundation/index.ts";
import { guestError } from "./guest-error.ts";
import { Multiplexer, type StreamHandler } from "./multiplexer.ts";
import { GuestStream, type OutwardOwner, type OutwardStream, type OutwardTarget } from "./outward.ts";
import { Transport } from "./transport.ts";

export interface Greeting {
  /** Of the protocol. */
  readonly version: number;
  /** Release of the guest's kernel, as the guest says. */
  readonly kernel: Untrusted<string>;
}

type Received<T extends GuestMessage["type"]> = Extract<GuestMessage, { type: T }>;

/** Bytes that all windows of a connection together may grow beyond what they begin with. */
const MAX_WIDENING = 64 * MIB;
/** Bytes of ERROR's message. */
const MAX_REASON = 1024;

/** What the connection does not decide itself. */
export interface ConnectionEvents {
  readonly event: (message: Received<"EVENT">) => void;
  readonly lookup: (message: Received<"LOOKUP">) => void;
  readonly outward: (stream: OutwardStream) => void;
  /** One too many was refused. */
  readonly beyond: (asked: OutwardTarget) => void;
}

/** One connection to an agent, from HELLO to its end; the operations run on its streams. */
export class Connection implements OutwardOwner {
  private readonly transport: Transport;
  private readonly streams = new Multiplexer();
  private readonly reader = guestMessages((message) => {
    this.onMessage(message);
  });
  private readonly events: ConnectionEvents;
  private readonly greeted = deferred<Greeting>();
  private readonly whenClosed = deferred<MayflyError | undefined>();
  private phase: "new" | "greeting" | "ready" | "over" = "new";
  private reason: MayflyError | undefined;
  private expectsEnd = false;
  private eventCount = 0;
  private lookupCount = 0;
  private unreadRefusals = 0;
  private widened = 0;
  private work: (() => void)[] = [];

  constructor(socket: Duplex, events: ConnectionEvents) {
    this.events = events;
    this.transport = new Transport(socket, { bytes: this.onBytes, closed: this.onClosed });
  }

  /** Why the connection ended; undefined where it was to. */
  get closed(): Promise<MayflyError | undefined> {
    return this.whenClosed.promise;
  }

  async hello(): Promise<Greeting> {
    if (this.phase === "new") {
      this.phase = "greeting";
      this.send(HELLO.encode(0, { oldest: OLDEST_VERSION, newest: NEWEST_VERSION }));
    }
    return await this.greeted.promise;
  }

  open(handler: StreamHandler): number {
    if (this.phase === "over") throw this.reason ?? new MayflyError("E_CLOSED", "The guest was powered off.");
    if (this.phase === "new")
      throw new MayflyError("E_INTERNAL", "The first call on a connection is hello().");
    return this.streams.open(handler);
  }

  begin(streams: readonly number[], request: () => Uint8Array): void {
    try {
      this.send(request());
    } catch (cause) {
      for (const stream of streams) this.close(stream);
      throw cause;
    }
  }

  close(stream: number): void {
    if (!this.streams.close(stream) || stream % 2 === 1 || this.phase === "over") return;
    // A guest that does not read what its streams are answered soon gets no more of them.
    this.transport.whenTaken(() => {
      this.streams.release();
    });
  }

  send(frame: Uint8Array, flushed?: () => void): void {
    if (this.phase !== "over") this.transport.send(frame, flushed);
  }

  busy(): boolean {
    return this.transport.busy;
  }

  widen(bytes: number): number {
    const granted = Math.min(bytes, MAX_WIDENING - this.widened);
    this.widened += granted;
    return granted;
  }

  afterChunk(work: () => void): void {
    this.work.push(work);
  }

  /** The guest was told to power off: from now on, an end is no failure. */
  expectEnd(): void {
    this.expectsEnd = true;
  }

  /** Refuses a stream that the guest opened. A guest that asks on and on but does not read has broken the protocol. */
  refuse(stream: number, why: string): void {
    if (++this.unreadRefusals > MAX_UNREAD_REFUSALS) {
      this.end(violation(`more than ${MAX_UNREAD_REFUSALS} OUTWARDs without reading the answers`));
      return;
    }
    const message = why.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, MAX_REASON);
    this.send(ERROR.encode(stream, { code: GUEST_ERROR.refused, errno: 0, message }), () => {
      this.unreadRefusals--;
    });
  }

  /** Ends it now; everything pending is rejected with `reason`. The first reason stays. */
  end(reason: MayflyError | undefined): void {
    if (this.phase === "over") return;
    this.phase = "over";
    this.reason = reason;
    this.work = [];
    this.transport.destroy();
    const told = reason ?? new MayflyError("E_CLOSED", "The guest was powered off.");
    this.greeted.reject(told);
    this.streams.fail(told);
    this.whenClosed.resolve(reason);
  }

  private readonly onBytes = (chunk: Uint8Array): void => {
    if (this.phase === "over") return;
    try {
      this.reader.read(chunk);
      for (let work = this.work.shift(); work !== undefined; work = this.work.shift()) work();
    } catch (cause) {
      this.end(asMayflyError(cause));
    }
  };

  private readonly onClosed = (cause: Error | undefined): void => {
    if (this.expectsEnd) this.end(undefined);
    else this.end(new MayflyError("E_CLOSED", "The channel to the guest ended.", { cause }));
  };

  private onMessage(message: GuestMessage): void {
    if (this.phase === "over") return;
    if (message.type === "READY") this.onReady(message);
    else if (message.type === "EVENT") this.onEvent(message);
    else if (message.type === "ERROR" && message.stream === 0) {
      throw guestError(message, { about: "agent", what: "go on with this host" });
    } else if (this.phase !== "ready")
      return; // of an earlier connection: this one begins with READY
    else if (message.type === "OUTWARD") this.onOutward(message);
    else if (message.type === "LOOKUP") this.onLookup(message);
    else this.streams.dispatch(message);
  }

  private onReady({ body }: Received<"READY">): void {
    if (this.phase !== "greeting") throw violation("READY without a HELLO");
    if (body.version < OLDEST_VERSION || body.version > NEWEST_VERSION) {
      throw violation(`READY with version ${body.version}, which was not offered`);
    }
    this.phase = "ready";
    this.greeted.resolve(body);
  }

  private onEvent(message: Received<"EVENT">): void {
    if (++this.eventCount > MAX_EVENTS) throw violation(`more than ${MAX_EVENTS} EVENTs`);
    if (this.phase === "ready") this.events.event(message);
  }

  private onLookup(message: Received<"LOOKUP">): void {
    if (++this.lookupCount > MAX_LOOKUPS) throw violation(`more than ${MAX_LOOKUPS} LOOKUPs`);
    this.events.lookup(message);
  }

  private onOutward(message: Received<"OUTWARD">): void {
    if (!this.streams.openedByGuest(message.stream)) {
      this.refuse(message.stream, "too many connections");
      this.events.beyond(message.body);
      return;
    }
    const stream = new GuestStream(this, message);
    this.streams.accept(message.stream, stream);
    this.events.outward(stream);
  }
}
