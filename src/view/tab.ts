import type { Duplex } from "node:stream";
import type { ViewAct, ViewNews } from "../contract/index.ts";
import { asMayflyError, type MayflyError } from "../foundation/index.ts";
import { readAct } from "./acts.ts";
import { TabStream, type ViewSocket } from "./tab-stream.ts";

/** Codes of ours for WebSockets that we close. */
const NONSENSE = 4400;
const ENDED = 4410;

/** What a tab asks of its view. */
export interface TabHost {
  /** What the tab must know before anything else. */
  readonly greeting: () => readonly ViewNews[];
  /** Does what a person asked for. @returns what to tell, if anything */
  readonly act: (act: ViewAct) => Promise<ViewNews | undefined>;
  /** Shows the screen until one of both goes away. @returns why that ended */
  readonly show: (stream: Duplex) => Promise<MayflyError>;
  readonly left: () => void;
}

/** One tab that shows a view: words in JSON, and the screen's bytes, on one WebSocket. */
export class Tab {
  readonly #socket: ViewSocket;
  readonly #host: TabHost;
  #stream: TabStream | undefined;

  constructor(socket: ViewSocket, host: TabHost) {
    this.#socket = socket;
    this.#host = host;
    const leave = (): void => {
      this.#stream?.destroy();
      host.left();
    };
    socket.on("close", leave);
    socket.on("error", leave);
    socket.on("message", (data, isBinary) => {
      const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
      if (isBinary) this.#stream?.receive(bytes);
      else void this.#hear(bytes.toString("utf8"));
    });
    for (const news of host.greeting()) this.tell(news);
  }

  tell(news: ViewNews): void {
    this.#socket.send(JSON.stringify(news), () => undefined);
  }

  /** There is nothing more to see; the page keeps what it was told last. */
  close(): void {
    this.#stream?.destroy();
    this.#socket.close(ENDED);
  }

  async #hear(text: string): Promise<void> {
    const act = readAct(text);
    if (act === undefined) {
      this.#socket.close(NONSENSE);
      return;
    }
    try {
      const answer = await this.#host.act(act);
      if (answer !== undefined) this.tell(answer);
      if (act.act === "size" && this.#stream === undefined) await this.#show();
    } catch (cause) {
      this.#fail(act.act, asMayflyError(cause));
    }
  }

  /** The first size is what the screen waits for. */
  async #show(): Promise<void> {
    const stream = (this.#stream = new TabStream(this.#socket));
    this.tell({ kind: "screen" });
    const why = await this.#host.show(stream).catch(asMayflyError);
    this.#fail("screen", why);
  }

  #fail(act: string, { message, next = "" }: MayflyError): void {
    this.tell({ kind: "failed", act, message, next });
  }
}
