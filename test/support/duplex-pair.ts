import { Duplex } from "node:stream";

type Done = (error?: Error | null) => void;

/** One end of a pair: what is written to it is read from the other, no faster than it is read. */
class End extends Duplex {
  other!: End;
  private waiting: Done | undefined;

  constructor() {
    super({ allowHalfOpen: true });
  }

  override _read(): void {
    const done = this.other.waiting;
    this.other.waiting = undefined;
    done?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    if (this.other.destroyed) done(new Error("the other end is gone"));
    else if (this.other.push(chunk)) done();
    else this.waiting = done;
  }

  override _final(done: Done): void {
    this.other.push(null);
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.waiting?.();
    if (!this.other.destroyed && !this.writableFinished) this.other.destroy(new Error("reset"));
    done(error);
  }
}

/** Two streams joined back to back, that are no sockets: as the host has them of a guest. */
export function duplexPair(): [Duplex, Duplex] {
  const [one, two] = [new End(), new End()];
  one.other = two;
  two.other = one;
  return [one, two];
}
