import { DATA, END, INITIAL_CREDIT, MAX_CREDIT, MAX_PAYLOAD } from "../contract/agent/index.ts";
import { encodeHeader, violation } from "../contract/agent/index.ts";
import type { MayflyError } from "../foundation/index.ts";
import type { Link } from "./link.ts";

/** Up to here a chunk is copied into its frame: one buffer is cheaper than two, and its owner is free at once. */
const COPY_BYTES = 4096;
/** Bytes of one stream that may be under way to the system at a time, so that streams take turns. */
const BURST_BYTES = 262_144;

type Done = (error?: MayflyError) => void;

/** The host's DATA on one stream: sent as the guest's credit and the other streams allow, never queued in copies. */
export class SendWindow {
  private readonly link: Link;
  private readonly stream: number;
  private credit: number;
  private pending: Uint8Array | undefined;
  private done: Done = () => undefined;
  private flushing = false;
  private ending = false;
  private ended = false;
  private closedBy: MayflyError | undefined;

  constructor(link: Link, stream: number, credit = INITIAL_CREDIT) {
    this.link = link;
    this.stream = stream;
    this.credit = credit;
  }

  /** True once END was sent. */
  get isEnded(): boolean {
    return this.ended;
  }

  /** CREDIT came. Throws E_GUEST_PROTOCOL. */
  grant(bytes: number): void {
    if (this.credit + bytes > MAX_CREDIT) {
      throw violation(`credit of ${this.credit + bytes} bytes on stream ${this.stream}, over ${MAX_CREDIT}`);
    }
    this.credit += bytes;
    this.pump();
  }

  /** Sends `chunk`, which must not change until `done`. One at a time. */
  write(chunk: Uint8Array, done: Done): void {
    if (this.closedBy !== undefined || chunk.length === 0) {
      done(this.closedBy);
    } else if (chunk.length <= COPY_BYTES && chunk.length <= this.credit && !this.link.busy()) {
      this.credit -= chunk.length;
      this.link.send(DATA.encode(this.stream, { bytes: chunk }));
      done();
    } else {
      this.pending = chunk;
      this.done = done;
      this.pump();
    }
  }

  /** Sends END, behind all that was written. */
  end(): void {
    this.ending = true;
    if (this.pending === undefined || this.pending.length === 0) this.sendEnd();
  }

  /** The stream is closed: what was not sent never will be. */
  close(reason: MayflyError): void {
    this.closedBy ??= reason;
    if (this.pending !== undefined) this.settle(reason);
  }

  private pump(): void {
    if (this.flushing || this.pending === undefined) return;
    const sent = Math.min(this.pending.length, this.credit, BURST_BYTES);
    if (sent === 0) return;
    this.flushing = true;
    this.credit -= sent;
    for (let at = 0; at < sent; at += MAX_PAYLOAD) {
      const piece = this.pending.subarray(at, Math.min(sent, at + MAX_PAYLOAD));
      const flushed = at + piece.length === sent ? this.flushed : undefined;
      const shelved = this.link.shelve(this.stream, piece);
      if (shelved === undefined)
        this.link.send(encodeHeader({ stream: this.stream, code: DATA.code, length: piece.length }));
      this.link.send(shelved ?? piece, flushed);
    }
    this.pending = this.pending.subarray(sent);
    if (this.ending && this.pending.length === 0) this.sendEnd();
  }

  private sendEnd(): void {
    if (this.ended || this.closedBy !== undefined) return;
    this.ended = true;
    this.link.send(END.encode(this.stream, {}));
  }

  private readonly flushed = (): void => {
    this.flushing = false;
    if (this.pending?.length === 0) this.settle();
    else this.pump();
  };

  private settle(reason?: MayflyError): void {
    const done = this.done;
    this.pending = undefined;
    done(reason);
  }
}
