import type { Duplex } from "node:stream";
import { RESET } from "../contract/agent/index.ts";
import { MayflyError } from "../foundation/index.ts";
import type { StreamMessage } from "./multiplexer.ts";
import { duplexOf } from "./node-streams.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { SendWindow } from "./send-window.ts";
import type { StreamOwner } from "./stream-owner.ts";

/** Which stream, and the bytes that each direction of it may begin with. */
export interface PipeStream {
  readonly stream: number;
  readonly credit: number;
}

/** A connected stream as a `Duplex`. Each direction ends on its own; destroying it resets the stream. */
export class Pipe {
  readonly duplex: Duplex;
  private readonly owner: StreamOwner;
  private readonly stream: number;
  private readonly receiveWindow: ReceiveWindow;
  private readonly sendWindow: SendWindow;
  private open = true;

  constructor(owner: StreamOwner, { stream, credit }: PipeStream) {
    this.owner = owner;
    this.stream = stream;
    this.receiveWindow = new ReceiveWindow(owner, stream, credit);
    this.sendWindow = new SendWindow(owner, stream, credit);
    this.duplex = duplexOf({ receive: this.receiveWindow, send: this.sendWindow }, this.onGone);
  }

  /** False once nothing can come or go any more. */
  get isOpen(): boolean {
    return this.open;
  }

  /** Acts on what belongs to a connection. False: something else. Throws E_GUEST_PROTOCOL. */
  receive(message: StreamMessage): boolean {
    if (message.type === "DATA") this.receiveWindow.accept(message.body.bytes);
    else if (message.type === "END") this.receiveWindow.end();
    else if (message.type === "CREDIT") this.sendWindow.grant(message.body.bytes);
    else return false;
    return true;
  }

  /** The stream is over on the guest's side, or was given up. */
  fail(reason: MayflyError): void {
    this.close(reason);
    this.duplex.destroy(reason);
  }

  private readonly onGone = (): void => {
    if (!this.open) return;
    const complete = this.receiveWindow.isEnded && this.sendWindow.isEnded;
    if (!complete) this.owner.send(RESET.encode(this.stream, { code: 0 }));
    this.close(new MayflyError("E_CLOSED", "The connection was closed."));
  };

  private close(reason: MayflyError): void {
    if (!this.open) return;
    this.open = false;
    this.owner.close(this.stream);
    this.receiveWindow.close();
    this.sendWindow.close(reason);
  }
}
