import { HttpConversation, httpRecord } from "./http/index.ts";
import { Prefix } from "./prefix.ts";
import type { StreamNote } from "./stream-note.ts";
import { readClientHello } from "./tls/index.ts";

/**
 * Looks at what passes, without touching it: TLS server name and protocols at its beginning, or the requests of HTTP/1
 * in plain text and the statuses of their answers. Where there may be requests that it does not find, it says so.
 */
export class Observer {
  readonly #note: StreamNote;
  #start: Prefix | undefined = new Prefix();
  #http: HttpConversation | undefined;

  constructor(note: StreamNote) {
    this.#note = note;
  }

  out(chunk: Uint8Array): void {
    if (this.#start === undefined) this.#http?.out(chunk);
    else this.#begin(this.#start, chunk);
  }

  in(chunk: Uint8Array): void {
    this.#http?.in(chunk);
  }

  #begin(start: Prefix, chunk: Uint8Array): void {
    const goesOn = start.add(chunk);
    const hello = readClientHello(start.bytes);
    if (hello.kind === "more" && goesOn) return;
    this.#start = undefined;
    if (hello.kind === "hello") this.#note.tls(hello);
    // An inspection reads the requests itself
    if (hello.kind !== "not-tls" || this.#note.inspected) return;
    this.#http = this.#conversation();
    this.#http.out(start.bytes);
  }

  #conversation(): HttpConversation {
    const note = this.#note;
    const lost = (count: number, why: string): void => {
      note.fault(`${count === 0 ? "its requests" : `requests after ${count}`} are not recorded: ${why}`);
    };
    return new HttpConversation({
      onRequest: (number, head) => {
        const isKept = note.http(number, httpRecord(head, undefined));
        if (!isKept) lost(number, "there are too many");
        return isKept;
      },
      onStatus: (number, status) => {
        note.httpStatus(number, status);
      },
      onLost: lost,
    });
  }
}
