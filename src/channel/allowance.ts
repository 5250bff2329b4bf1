import { CREDIT, INITIAL_CREDIT, violation } from "../contract/agent/index.ts";
import type { Link } from "./link.ts";

/** Credit goes back to the guest in lots of at least this many bytes, so that a small stream costs no CREDIT at all. */
const LEAST_LOT = 32_768;
/** And of this share of the window, as each costs a frame. */
const LOT_SHARE = 4;
/** A window that is used grows to twice its size, and again, up to this many bytes. */
const WIDEST = 1_048_576;

/**
 * What a guest may still send on one stream. It grows only by what was consumed, and only once the guest can know:
 * one CREDIT waits to be written at a time, so a guest that does not read is soon not allowed to write either.
 */
export class Allowance {
  private readonly link: Link;
  private readonly stream: number;
  private readonly first: number;
  private window: number;
  private left: number;
  private owed = 0;
  private granting = false;
  private closed = false;

  /** `credit`: bytes that the guest may send before it gets any CREDIT. */
  constructor(link: Link, stream: number, credit = INITIAL_CREDIT) {
    this.link = link;
    this.stream = stream;
    this.first = credit;
    this.window = credit;
    this.left = credit;
  }

  /** The guest sent this much. Throws E_GUEST_PROTOCOL where that is more than it might. */
  spend(bytes: number): void {
    if (bytes > this.left)
      throw violation(`${bytes} bytes on stream ${this.stream} with a credit of ${this.left}`);
    this.left -= bytes;
  }

  /** The consumer took this much. */
  consumed(bytes: number): void {
    this.owed += bytes;
    this.grantIfWorthIt();
  }

  /** The guest has ended this stream: no credit is of use any more. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.link.widen(this.first - this.window);
  }

  private grantIfWorthIt(): void {
    if (this.closed || this.granting || this.owed < Math.max(LEAST_LOT, this.window / LOT_SHARE)) return;
    const more = this.link.widen(Math.min(this.owed, WIDEST - this.window));
    const bytes = this.owed + more;
    this.owed = 0;
    this.window += more;
    this.left += bytes;
    this.granting = true;
    this.link.send(CREDIT.encode(this.stream, { bytes }), () => {
      this.granting = false;
      this.grantIfWorthIt();
    });
  }
}
