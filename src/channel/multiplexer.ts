import { MAX_OPEN_STREAMS, MAX_STREAM, violation, type GuestMessage } from "../contract/agent/index.ts";
import { MayflyError } from "../foundation/index.ts";

/** What may arrive on a stream that the host opened. */
export type StreamMessage = Exclude<GuestMessage, { type: "READY" | "EVENT" | "OUTWARD" }>;

/** One end of a stream that the host opened. */
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

  /** The number of a new stream. */
  open(handler: StreamHandler): number {
    if (this.handlers.size >= MAX_OPEN_STREAMS) {
      throw new MayflyError("E_LIMIT", `More than ${MAX_OPEN_STREAMS} streams to one micro-VM at a time.`);
    }
    if (this.nextStream > MAX_STREAM)
      throw new MayflyError("E_LIMIT", "The connection has used up its streams.");
    const stream = this.nextStream;
    this.nextStream += 2;
    this.handlers.set(stream, handler);
    return stream;
  }

  close(stream: number): void {
    this.handlers.delete(stream);
  }

  /** Hands a message to its stream. One for a stream that is not open is late, and dropped. */
  dispatch(message: StreamMessage): void {
    this.handlers.get(message.stream)?.receive(message);
  }

  /** The guest opens `stream`, and is to be refused: so it is closed again at once, on this side. */
  openedByGuest(stream: number): void {
    if (stream % 2 !== 0) throw violation(`OUTWARD opens stream ${stream}, which is the host's`);
    if (stream <= this.lastOutward)
      throw violation(`OUTWARD opens stream ${stream} after ${this.lastOutward}`);
    this.lastOutward = stream;
  }

  /** Ends every stream. */
  fail(reason: MayflyError): void {
    const handlers = [...this.handlers.values()];
    this.handlers.clear();
    for (const handler of handlers) handler.fail(reason);
  }
}
