import { createServer, connect as connectTo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import * as wire from "../../src/contract/agent/index.ts";
import { openUntrusted } from "../../src/foundation/index.ts";
import type { Fields, Message, Written } from "../../src/contract/agent/index.ts";

const FROM_HOST = [
  ...[wire.HELLO, wire.IDENTITY, wire.ERROR, wire.EXEC, wire.PUT, wire.GET, wire.LIST, wire.CONNECT],
  ...[
    wire.LIMITS,
    wire.SEAL,
    wire.WITNESS,
    wire.DATA,
    wire.END,
    wire.CREDIT,
    wire.RESET,
    wire.SIGNAL,
    wire.RESIZE,
    wire.POWEROFF,
  ],
] as const;

export type HostMessage = ReturnType<(typeof FROM_HOST)[number]["decode"]>;
type Name = HostMessage["type"];
type Of<T extends Name> = Extract<HostMessage, { type: T }>;

/**
 * The guest's end of a channel, for faults that a real agent cannot be made to have. It says what the test tells it
 * to and nothing else; `serve` makes it behave.
 */
export class FakeGuest {
  readonly received: HostMessage[] = [];
  readonly socket: Duplex;
  /** Called with each message, after it was recorded. */
  onMessage: (message: HostMessage) => void = () => undefined;
  private wake: () => void = () => undefined;
  private goOn: () => void = () => undefined;

  constructor(socket: Duplex) {
    this.socket = socket;
    const reader = new wire.FrameReader(
      ({ code }) => (code === wire.DATA.code ? "pieces" : "whole"),
      ({ code, stream, payload }) => {
        const message = FROM_HOST.find((known) => known.code === code)?.decode(
          stream,
          openUntrusted(payload),
        );
        if (message === undefined) throw new Error(`the host sent type ${code}`);
        this.received.push(message);
        this.onMessage(message);
      },
    );
    socket.on("data", (chunk: Buffer) => {
      reader.read(chunk);
      this.wake();
    });
    socket.on("error", () => undefined);
    for (const event of ["drain", "close"])
      socket.on(event, () => {
        this.goOn();
      });
  }

  send<N extends string, F extends Fields>(message: Message<N, F>, stream: number, values: Written<F>): void {
    this.raw(message.encode(stream, values));
  }

  raw(...pieces: (Uint8Array | readonly number[])[]): void {
    if (!this.socket.writable) return;
    for (const piece of pieces) this.socket.write(Buffer.from(piece as Uint8Array));
  }

  /** Sends `make()` for as long as the host takes it, honouring back-pressure. */
  async flood(make: (round: number) => Uint8Array, rounds: number): Promise<void> {
    for (let round = 0; round < rounds && this.socket.writable; round++) {
      if (this.socket.write(make(round))) continue;
      await new Promise<void>((resolve) => {
        this.goOn = resolve;
      });
    }
  }

  /** The first message of this type, waiting for it. */
  async saw<T extends Name>(type: T, stream?: number): Promise<Of<T>> {
    for (;;) {
      const found = this.received.find(
        (message): message is Of<T> => message.type === type && (stream ?? message.stream) === message.stream,
      );
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  ready(): void {
    this.send(wire.READY, 0, { version: 1, kernel: "6.1.0-fake" });
  }

  /** Answers as an agent would: calls with OK, EXEC with `output` and exit 0, PUT with OK. */
  serve(output: Uint8Array = Buffer.from("hi\n")): void {
    const puts = new Set<number>();
    this.onMessage = (message) => {
      const { stream } = message;
      if (message.type === "HELLO") this.ready();
      if (message.type === "IDENTITY" || message.type === "LIMITS" || message.type === "SEAL") {
        this.send(wire.OK, stream, {});
      }
      if (message.type === "PUT") puts.add(stream);
      if (message.type === "END" && puts.delete(stream)) this.send(wire.OK, stream, {});
      if (message.type === "EXEC") {
        const { stderrStream } = message.body;
        this.raw(
          Buffer.concat([
            wire.DATA.encode(stream, { bytes: output }),
            ...(stderrStream === 0 ? [] : [wire.END.encode(stderrStream, {})]),
            wire.END.encode(stream, {}),
            wire.EXIT.encode(stream, { kind: 0, status: 0 }),
          ]),
        );
      }
    };
  }
}

/** Both ends of a real, connected stream socket. */
export async function socketPair(): Promise<[Duplex, Duplex]> {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-pair-"));
  const server = createServer();
  try {
    server.listen(join(folder, "s"));
    await once(server, "listening");
    const near = connectTo(join(folder, "s"));
    const [far] = (await once(server, "connection")) as [Duplex];
    return [near, far];
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}
