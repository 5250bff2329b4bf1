import type { Duplex } from "node:stream";
import { CONNECT, CONNECT_TCP, CONNECT_UNIX, INITIAL_CREDIT, violation } from "../contract/agent/index.ts";
import { deferred, type MayflyError } from "../foundation/index.ts";
import { guestError, guestReset, type Asked } from "./guest-error.ts";
import type { StreamHandler, StreamMessage } from "./multiplexer.ts";
import { Pipe } from "./pipe.ts";
import type { StreamOwner } from "./stream-owner.ts";

/** A port on the guest's loopback (1 … 65,535), or a unix socket by its absolute path in the guest. */
export type ConnectTarget = { readonly port: number } | { readonly unixPath: string };

/** Connects to a server in the guest. Each direction ends on its own; destroying the result resets the stream. */
export async function connect(owner: StreamOwner, target: ConnectTarget): Promise<Duplex> {
  const stream = new ConnectStream(owner, target);
  return await stream.connected.promise;
}

class ConnectStream implements StreamHandler {
  readonly connected = deferred<Duplex>();
  private readonly owner: StreamOwner;
  private readonly asked: Asked;
  private readonly stream: number;
  private pipe: Pipe | undefined;

  constructor(owner: StreamOwner, target: ConnectTarget) {
    const request =
      "port" in target
        ? { kind: CONNECT_TCP, port: target.port, path: "" }
        : { kind: CONNECT_UNIX, port: 0, path: target.unixPath };
    this.owner = owner;
    this.asked = {
      about: "agent",
      what: `connect to ${"port" in target ? `port ${target.port}` : target.unixPath}`,
    };
    this.stream = owner.open(this);
    owner.begin([this.stream], () => CONNECT.encode(this.stream, request));
  }

  receive(message: StreamMessage): void {
    if (message.type === "ERROR") this.fail(guestError(message, this.asked));
    else if (message.type === "RESET") this.fail(guestReset(message.body.code, this.asked));
    else if (this.pipe === undefined) this.onAnswer(message);
    else if (!this.pipe.receive(message)) throw violation(`${message.type} on a connection`);
  }

  fail(reason: MayflyError): void {
    this.owner.close(this.stream);
    this.connected.reject(reason);
    this.pipe?.fail(reason);
  }

  private onAnswer(message: StreamMessage): void {
    if (message.type !== "OK") throw violation(`${message.type} before a connection is confirmed`);
    this.pipe = new Pipe(this.owner, { stream: this.stream, credit: INITIAL_CREDIT });
    this.connected.resolve(this.pipe.duplex);
  }
}
