import type { Duplex } from "node:stream";
import { CONNECT, CONNECT_TCP, CONNECT_UNIX, RESET, violation } from "../contract/agent/index.ts";
import { deferred, MayflyError } from "../foundation/index.ts";
import { guestError, guestReset, type Asked } from "./guest-error.ts";
import type { StreamHandler, StreamMessage } from "./multiplexer.ts";
import { duplexOf } from "./node-streams.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { SendWindow } from "./send-window.ts";
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
  private readonly receiveWindow: ReceiveWindow;
  private readonly sendWindow: SendWindow;
  private duplex: Duplex | undefined;
  private open = true;

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
    this.receiveWindow = new ReceiveWindow(owner, this.stream);
    this.sendWindow = new SendWindow(owner, this.stream);
  }

  receive(message: StreamMessage): void {
    if (message.type === "ERROR") this.fail(guestError(message, this.asked));
    else if (message.type === "RESET") this.fail(guestReset(message.body.code, this.asked));
    else if (this.duplex === undefined) this.onAnswer(message);
    else if (message.type === "DATA") this.receiveWindow.accept(message.body.bytes);
    else if (message.type === "END") this.receiveWindow.end();
    else if (message.type === "CREDIT") this.sendWindow.grant(message.body.bytes);
    else throw violation(`${message.type} on a connection`);
  }

  fail(reason: MayflyError): void {
    this.close(reason);
    this.connected.reject(reason);
    this.duplex?.destroy(reason);
  }

  private onAnswer(message: StreamMessage): void {
    if (message.type !== "OK") throw violation(`${message.type} before a connection is confirmed`);
    this.duplex = duplexOf({ receive: this.receiveWindow, send: this.sendWindow }, this.onGone);
    this.connected.resolve(this.duplex);
  }

  private readonly onGone = (): void => {
    if (!this.open) return;
    const complete = this.receiveWindow.isEnded && this.sendWindow.isEnded;
    if (!complete) this.owner.send(RESET.encode(this.stream, { code: 0 }));
    this.close(new MayflyError("E_CLOSED", "The connection into the guest was closed."));
  };

  private close(reason: MayflyError): void {
    this.open = false;
    this.owner.close(this.stream);
    this.receiveWindow.close();
    this.sendWindow.close(reason);
  }
}
