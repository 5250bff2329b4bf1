import type { Readable } from "node:stream";
import { violation } from "../contract/agent/index.ts";
import { openUntrusted, type Untrusted } from "../foundation/index.ts";
import { Allowance } from "./allowance.ts";
import { ByteQueue } from "./byte-queue.ts";
import type { Link } from "./link.ts";

/**
 * The guest's DATA on one stream, on its way to a `Readable`. It is queued here, within the credit, and given on as
 * the consumer asks; only that earns the guest new credit.
 */
export class ReceiveWindow {
  private readonly link: Link;
  private readonly stream: number;
  private readonly allowance: Allowance;
  private readonly queue = new ByteQueue();
  private consumer: Readable | undefined;
  private asked = false;
  private scheduled = false;
  private discarding = false;
  private ended = false;

  constructor(link: Link, stream: number, credit?: number) {
    this.link = link;
    this.stream = stream;
    this.allowance = new Allowance(link, stream, credit);
  }

  /** True once the guest has sent END. */
  get isEnded(): boolean {
    return this.ended;
  }

  /** Where the bytes go. */
  attach(consumer: Readable): void {
    this.consumer = consumer;
  }

  /** DATA came. Throws E_GUEST_PROTOCOL. */
  accept(data: Untrusted<Uint8Array>): void {
    const bytes = openUntrusted(data); // passed through, not looked at
    if (this.ended) throw violation(`DATA after END on stream ${this.stream}`);
    this.allowance.spend(bytes.length);
    if (this.discarding) {
      this.allowance.consumed(bytes.length);
    } else {
      this.queue.push(bytes);
      this.schedule();
    }
  }

  /** END came. Throws E_GUEST_PROTOCOL. */
  end(): void {
    if (this.ended) throw violation(`a second END on stream ${this.stream}`);
    this.ended = true;
    this.allowance.close();
    this.schedule();
  }

  /** The consumer has room. */
  ask(): void {
    this.asked = true;
    this.deliver();
  }

  /** The consumer is gone: what comes is dropped, so that the guest is not blocked by it. */
  discard(): void {
    this.discarding = true;
    this.consumer = undefined;
    this.allowance.consumed(this.queue.length);
    this.queue.clear();
  }

  /** The stream is closed: no credit is given any more. What is queued can still be read. */
  close(): void {
    this.allowance.close();
  }

  /** Once for all the frames that come together: a flood of tiny frames is not a flood of tiny chunks. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.link.afterChunk(() => {
      this.scheduled = false;
      this.deliver();
    });
  }

  private deliver(): void {
    while (this.asked && this.queue.length > 0) {
      const chunk = this.queue.shift();
      if (chunk === undefined) return;
      this.allowance.consumed(chunk.length);
      this.asked = this.consumer?.push(chunk) ?? false;
    }
    if (this.ended && this.queue.length === 0) this.finish();
  }

  private finish(): void {
    this.consumer?.push(null);
    this.consumer = undefined;
  }
}
