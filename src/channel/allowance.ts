import { CREDIT, INITIAL_CREDIT, violation } from "../contract/agent/index.ts";
import type { Link } from "./link.ts";

/** Credit goes back to the guest in lots of this many bytes, so that a small stream costs no CREDIT at all. */
const LOT = INITIAL_CREDIT / 2;

/**
 * What a guest may still send on one stream. It grows only by what was consumed, and only once the guest can know:
 * one CREDIT waits to be written at a time, so a guest that does not read is soon not allowed to write either.
 */
export class Allowance {
  private readonly link: Link;
  private readonly stream: number;
  private left = INITIAL_CREDIT;
  private owed = 0;
  private granting = false;
  private closed = false;

  constructor(link: Link, stream: number) {
    this.link = link;
    this.stream = stream;
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
    if (this.owed >= LOT) this.grant();
  }

  /** The guest has ended this stream: no credit is of use any more. */
  close(): void {
    this.closed = true;
  }

  private grant(): void {
    if (this.closed || this.granting) return;
    const bytes = this.owed;
    this.owed = 0;
    this.left += bytes;
    this.granting = true;
    this.link.send(CREDIT.encode(this.stream, { bytes }), () => {
      this.granting = false;
      if (this.owed >= LOT) this.grant();
    });
  }
}
