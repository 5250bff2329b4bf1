import { Duplex, Readable, Writable, type Stream } from "node:stream";
import { MayflyError } from "../foundation/index.ts";
import type { ReceiveWindow } from "./receive-window.ts";
import type { SendWindow } from "./send-window.ts";

type Done = (error?: Error | null) => void;

/** `gone` is called once, when the consumer will read no more; `early` where the guest has not sent END yet. */
export function readableOf(window: ReceiveWindow, gone: (early: boolean) => void): Readable {
  const readable = new Readable({
    highWaterMark: 0, // the window is the buffer: its credit is what bounds it
    read() {
      window.ask();
    },
    destroy(error, done: Done) {
      gone(!window.isEnded);
      done(error);
    },
  });
  window.attach(readable);
  return quiet(readable);
}

export function writableOf(window: SendWindow): Writable {
  return quiet(
    new Writable({
      write(chunk: Uint8Array, _encoding, done: Done) {
        window.write(chunk, done);
      },
      final(done: Done) {
        window.end();
        done();
      },
      destroy(error, done: Done) {
        window.end();
        done(error);
      },
    }),
  );
}

/** Both directions as one; each ends on its own. `gone` is called once, when it is destroyed or both have ended. */
export function duplexOf(windows: { receive: ReceiveWindow; send: SendWindow }, gone: () => void): Duplex {
  const { receive, send } = windows;
  const duplex = new Duplex({
    allowHalfOpen: true,
    readableHighWaterMark: 0,
    read() {
      receive.ask();
    },
    write(chunk: Uint8Array, _encoding, done: Done) {
      send.write(chunk, done);
    },
    final(done: Done) {
      send.end();
      done();
    },
    destroy(error, done: Done) {
      gone();
      done(error);
    },
  });
  receive.attach(duplex);
  return quiet(duplex);
}

/** A stream that has nothing to read. */
export function emptyReadable(): Readable {
  const readable = new Readable({ read: () => undefined });
  readable.push(null);
  return readable;
}

/** Every byte of `content`, which is destroyed where that fails. */
export async function feed(content: Readable, window: SendWindow): Promise<void> {
  for await (const chunk of content) {
    const bytes: unknown = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    if (!(bytes instanceof Uint8Array))
      throw new MayflyError("E_INTERNAL", "A content stream gave no bytes.");
    await new Promise<void>((resolve, reject) => {
      window.write(bytes, (error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  }
}

/** Whoever uses the stream sees its error; whoever does not is told by the call's own promise. */
function quiet<T extends Stream>(stream: T): T {
  return stream.on("error", () => undefined);
}
