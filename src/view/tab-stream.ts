import { Duplex } from "node:stream";

/** What is used of a WebSocket of the `ws` library, which Fastify gives too. */
export interface ViewSocket {
  send(data: string | Uint8Array, done?: (error?: Error | null) => void): void;
  on(event: "message", listener: (data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean) => void): unknown;
  on(event: "close" | "error", listener: () => void): unknown;
  pause(): void;
  resume(): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

/**
 * The binary half of a tab's WebSocket as a stream: the screen's bytes. Destroying it leaves the socket open, for words.
 * What is not read is not taken from the socket either.
 */
export class TabStream extends Duplex {
  readonly #socket: ViewSocket;

  constructor(socket: ViewSocket) {
    super();
    this.#socket = socket;
    this.on("error", () => undefined); // whoever uses it sees it
  }

  /** The socket's next binary message. */
  receive(bytes: Buffer): void {
    if (!this.destroyed && !this.push(bytes)) this.#socket.pause();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.send(chunk, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.resume();
    done(error);
  }
}
