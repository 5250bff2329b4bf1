import { ACK, FIN, ipPacket, PSH, RST, SYN, type Endpoint } from "./packet.ts";

/** Data of one packet. */
const MAX_DATA = 16_384;
const NOTHING = new Uint8Array(0);

/** One end of a connection. */
interface Side {
  readonly endpoint: Endpoint;
  /** Sequence number of its next byte. */
  next: number;
  ended: boolean;
}

export type Direction = "guest" | "host";

/** Writes one packet; `comment` is already fit to be shown. */
export type Emit = (packet: Buffer, comment?: string) => void;

/** The TCP packets that a stream would have been on a network: its bytes are real, all else is made up around them. */
export class Conversation {
  private readonly emit: Emit;
  private readonly guest: Side;
  private readonly host: Side;
  private begun = false;
  private over = false;

  /** @param sequences the first sequence number of either side */
  constructor(
    ends: { guest: Endpoint; host: Endpoint },
    sequences: { guest: number; host: number },
    emit: Emit,
  ) {
    this.emit = emit;
    this.guest = { endpoint: ends.guest, next: sequences.guest >>> 0, ended: false };
    this.host = { endpoint: ends.host, next: sequences.host >>> 0, ended: false };
  }

  /** Whether nothing can follow. */
  get isOver(): boolean {
    return this.over || (this.guest.ended && this.host.ended);
  }

  /** The three-way handshake; once. */
  begin(): void {
    if (this.begun || this.over) return;
    this.begun = true;
    this.send("guest", SYN);
    this.send("host", SYN | ACK);
    this.send("guest", ACK);
  }

  data(from: Direction, bytes: Uint8Array): void {
    this.begin();
    if (this.over || this[from].ended || bytes.length === 0) return;
    for (let at = 0; at < bytes.length; at += MAX_DATA) {
      this.send(from, PSH | ACK, bytes.subarray(at, at + MAX_DATA));
    }
    this.send(other(from), ACK);
  }

  end(from: Direction): void {
    this.begin();
    if (this.over || this[from].ended) return;
    this.send(from, FIN | ACK);
    this[from].ended = true;
    this.send(other(from), ACK);
  }

  /** Ends both directions at once, unless both have ended. */
  reset(from: Direction): void {
    this.begin();
    if (this.isOver) return;
    this.over = true;
    this.send(from, RST | ACK);
  }

  /** A connection that never was: a SYN, and a RST with the reason. */
  refuse(why: string): void {
    if (this.begun || this.over) return;
    this.over = true;
    this.send("guest", SYN);
    this.send("host", RST | ACK, NOTHING, why);
  }

  // eslint-disable-next-line max-params -- a packet is these four
  private send(by: Direction, flags: number, data: Uint8Array = NOTHING, comment?: string): void {
    const from = this[by];
    const to = this[other(by)];
    const packet = ipPacket({
      from: from.endpoint,
      to: to.endpoint,
      flags,
      sequence: from.next,
      acknowledged: to.next,
      data,
    });
    const steps = data.length + ((flags & (SYN | FIN)) === 0 ? 0 : 1);
    from.next = (from.next + steps) >>> 0;
    this.emit(packet, comment);
  }
}

function other(side: Direction): Direction {
  return side === "guest" ? "host" : "guest";
}
