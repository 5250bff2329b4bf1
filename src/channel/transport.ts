import type { Duplex } from "node:stream";

/** Above this many unwritten bytes nothing new should be handed over. */
const BUSY_BYTES = 262_144;
/** Frames that are together smaller are copied into one buffer: cheaper than a vector of them. */
const JOIN_BYTES = 16_384;

const NOTHING = new Uint8Array(0);

export interface TransportEvents {
  readonly bytes: (chunk: Uint8Array) => void;
  /** The stream is over, at most once; `cause` where it failed. */
  readonly closed: (cause: Error | undefined) => void;
}

/** The byte stream to a guest. All that is sent in one turn of the event loop goes out in one write. */
export class Transport {
  private readonly socket: Duplex;
  private frames: Uint8Array[] = [];
  private frameBytes = 0;
  private whenFlushed: (() => void)[] = [];

  constructor(socket: Duplex, events: TransportEvents) {
    this.socket = socket;
    let over = false;
    const close = (cause?: Error): void => {
      if (over) return;
      over = true;
      events.closed(cause);
    };
    socket.on("data", events.bytes);
    socket.on("error", close); // also keeps a late error from being an uncaught one
    socket.on("end", () => {
      close();
    });
    socket.on("close", () => {
      close();
    });
  }

  /** True while much waits for the guest to read. */
  get busy(): boolean {
    return this.frameBytes + this.socket.writableLength > BUSY_BYTES;
  }

  /** Sends `frame`, which must not change until `flushed` is called: when the system has taken it. */
  send(frame: Uint8Array, flushed?: () => void): void {
    if (this.frames.length === 0) process.nextTick(this.afterTicks);
    this.frames.push(frame);
    this.frameBytes += frame.length;
    if (flushed !== undefined) this.whenFlushed.push(flushed);
  }

  /** Calls `flushed` when all that was sent up to now has been taken by the system; at once where it has. */
  whenTaken(flushed: () => void): void {
    if (this.frameBytes + this.socket.writableLength === 0) flushed();
    else this.send(NOTHING, flushed);
  }

  destroy(): void {
    this.frames = [];
    this.whenFlushed = [];
    this.socket.destroy();
  }

  /** After the other ticks too, so that a stream's own deferred steps (its end, mostly) share the write. */
  private readonly afterTicks = (): void => {
    queueMicrotask(this.flush);
  };

  private readonly flush = (): void => {
    const { frames, frameBytes, whenFlushed, socket } = this;
    this.frames = [];
    this.frameBytes = 0;
    this.whenFlushed = [];
    const last =
      frames.length > 1 && frameBytes <= JOIN_BYTES ? Buffer.concat(frames, frameBytes) : frames.pop();
    if (last === undefined || socket.destroyed) return;
    const done = (error?: Error | null): void => {
      if (error === undefined || error === null) for (const flushed of whenFlushed) flushed();
    };
    if (last.length === frameBytes) {
      socket.write(last, done);
      return;
    }
    socket.cork();
    for (const frame of frames) socket.write(frame);
    socket.write(last, done);
    socket.uncork();
  };
}
