import type { ViewAct, ViewNews } from "../../src/contract/view-talk.ts";

/** As the host closes a tab's connection: it has ended, there is no such view, there are too many tabs. */
const FINAL = new Set([4404, 4410, 4429, 4400]);
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 5_000;

export interface ConnectionEvents {
  readonly onOpen: () => void;
  readonly onNews: (news: ViewNews) => void;
  readonly onScreen: (data: ArrayBuffer) => void;
  /** @param final there is nothing to come back to */
  readonly onLost: (final: number | undefined) => void;
  /** Nobody answers where it was. It is tried again all the same. */
  readonly onSilence: () => void;
}

/** A tab's WebSocket, made anew where it breaks. */
export class Connection {
  readonly #url: string;
  readonly #events: ConnectionEvents;
  #socket: WebSocket | undefined;
  #wait = FIRST_WAIT_MS;
  #isClosed = false;

  constructor(url: URL, events: ConnectionEvents) {
    this.#url = url.href.replace(/^http/, "ws");
    this.#events = events;
    this.#open();
  }

  tell(act: ViewAct): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(act));
  }

  readonly send = (data: Uint8Array<ArrayBuffer>): void => {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(data);
  };

  close(): void {
    this.#isClosed = true;
    this.#socket?.close();
  }

  #open(): void {
    if (this.#isClosed) return;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      this.#wait = FIRST_WAIT_MS;
      this.#events.onOpen();
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === "string") this.#events.onNews(JSON.parse(data) as ViewNews);
      else this.#events.onScreen(data);
    };
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket || this.#isClosed) return;
      this.#events.onLost(FINAL.has(code) ? code : undefined);
      if (FINAL.has(code)) return;
      if (!wasOpen) this.#events.onSilence();
      setTimeout(() => {
        this.#open();
      }, this.#wait);
      this.#wait = Math.min(LONGEST_WAIT_MS, this.#wait * 2);
    };
  }
}
