import type { RawChannel } from "@novnc/novnc";

type Listener<E> = ((event: E) => void) | null;

/** The binary half of our WebSocket, as noVNC wants a connection to be. It is open from the start. */
export class ScreenChannel implements RawChannel {
  binaryType = "arraybuffer";
  readonly protocol = "";
  readyState = "open";
  onopen: (() => void) | null = null;
  onmessage: Listener<{ readonly data: ArrayBuffer }> = null;
  onclose: Listener<{ readonly code: number; readonly reason: string }> = null;
  onerror: Listener<unknown> = null;
  readonly #send: (data: Uint8Array<ArrayBuffer>) => void;

  constructor(send: (data: Uint8Array<ArrayBuffer>) => void) {
    this.#send = send;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    this.#send(data);
  }

  receive(data: ArrayBuffer): void {
    this.onmessage?.({ data });
  }

  close(): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.onclose?.({ code: 1000, reason: "" });
  }
}
