import type { Duplex } from "node:stream";
import {
  ERROR,
  GUEST_ERROR,
  guestMessages,
  HELLO,
  MAX_EVENTS,
  MAX_UNREAD_REFUSALS,
  violation,
} from "../contract/agent/index.ts";
import { NEWEST_VERSION, OLDEST_VERSION, type GuestMessage } from "../contract/agent/index.ts";
import { asMayflyError, deferred, MayflyError, type Untrusted } from "../foundation/index.ts";
import { guestError } from "./guest-error.ts";
import { Multiplexer, type StreamHandler } from "./multiplexer.ts";
import type { StreamOwner } from "./stream-owner.ts";
import { Transport } from "./transport.ts";

export interface Greeting {
  /** Of the protocol. */
  readonly version: number;
  /** Release of the guest's kernel, as the guest says. */
  readonly kernel: Untrusted<string>;
}

type Received<T extends GuestMessage["type"]> = Extract<GuestMessage, { type: T }>;

/** What the connection does not decide itself. */
export interface ConnectionEvents {
  readonly event: (message: Received<"EVENT">) => void;
  readonly outward: (message: Received<"OUTWARD">) => void;
}

/** One connection to an agent, from HELLO to its end; the operations run on its streams. */
export class Connection implements StreamOwner {
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
  private unreadRefusals = 0;
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
    this.streams.close(stream);
  }

  send(frame: Uint8Array, flushed?: () => void): void {
    if (this.phase !== "over") this.transport.send(frame, flushed);
  }

  busy(): boolean {
    return this.transport.busy;
  }

  afterChunk(work: () => void): void {
    this.work.push(work);
  }

  /** The guest was told to power off: from now on, an end is no failure. */
  expectEnd(): void {
    this.expectsEnd = true;
  }

  /** Refuses a stream that the guest opened. Throws E_GUEST_PROTOCOL where the guest asks on and on but does not read. */
  refuse(stream: number): void {
    if (++this.unreadRefusals > MAX_UNREAD_REFUSALS) {
      throw violation(`more than ${MAX_UNREAD_REFUSALS} OUTWARDs without reading the answers`);
    }
    this.send(ERROR.encode(stream, { code: GUEST_ERROR.refused, errno: 0, message: "" }), () => {
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

  private onOutward(message: Received<"OUTWARD">): void {
    this.streams.openedByGuest(message.stream);
    this.events.outward(message);
  }
}
