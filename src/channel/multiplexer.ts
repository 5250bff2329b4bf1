import { MAX_OPEN_STREAMS, MAX_OUTWARD_STREAMS, MAX_STREAM, violation } from "../contract/agent/index.ts";
import type { GuestMessage } from "../contract/agent/index.ts";
import { MayflyError } from "../foundation/index.ts";

/** What may arrive on a stream that is open. */
export type StreamMessage = Exclude<GuestMessage, { type: "READY" | "EVENT" | "OUTWARD" | "LOOKUP" }>;

/** One end of a stream. */
export interface StreamHandler {
  /** Acts on one message; throws E_GUEST_PROTOCOL where it has no place on this stream now. */
  readonly receive: (message: StreamMessage) => void;
  /** The connection is over. */
  readonly fail: (reason: MayflyError) => void;
}

/** Which streams are open, and who has them. */
export class Multiplexer {
  private readonly handlers = new Map<number, StreamHandler>();
  private nextStream = 1;
  private lastOutward = 0;
  private hostStreams = 0;
  private guestStreams = 0;

  /** The number of a new stream. */
  open(handler: StreamHandler): number {
    if (this.hostStreams >= MAX_OPEN_STREAMS) {
      throw new MayflyError("E_LIMIT", `More than ${MAX_OPEN_STREAMS} streams to one micro-VM at a time.`);
    }
    if (this.nextStream > MAX_STREAM)
      throw new MayflyError("E_LIMIT", "The connection has used up its streams.");
    const stream = this.nextStream;
    this.nextStream += 2;
    this.hostStreams++;
    this.handlers.set(stream, handler);
    return stream;
  }

  /** What still comes for it is late. False: it was closed before. */
  close(stream: number): boolean {
    const closed = this.handlers.delete(stream);
    if (closed && stream % 2 === 1) this.hostStreams--;
    return closed;
  }

  /** Hands a message to its stream. One for a stream that is not open is late, and dropped. */
  dispatch(message: StreamMessage): void {
    this.handlers.get(message.stream)?.receive(message);
  }

  /** The guest opens `stream`. False: it has too many, so this one cannot be accepted. Throws E_GUEST_PROTOCOL. */
  openedByGuest(stream: number): boolean {
    if (stream % 2 !== 0) throw violation(`OUTWARD opens stream ${stream}, which is the host's`);
    if (stream <= this.lastOutward)
      throw violation(`OUTWARD opens stream ${stream} after ${this.lastOutward}`);
    this.lastOutward = stream;
    return this.guestStreams < MAX_OUTWARD_STREAMS;
  }

  /** Takes up a stream that the guest opened; counts until it is released. */
  accept(stream: number, handler: StreamHandler): void {
    this.guestStreams++;
    this.handlers.set(stream, handler);
  }

  /** A stream of the guest's is closed, and so far behind that the guest may have another for it. */
  release(): void {
    this.guestStreams--;
  }

  /** Ends every stream. */
  fail(reason: MayflyError): void {
    const handlers = [...this.handlers.values()];
    this.handlers.clear();
    for (const handler of handlers) handler.fail(reason);
  }
}
