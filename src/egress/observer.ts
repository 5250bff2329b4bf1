import { httpRecord, readRequestHead, readStatus } from "./http/index.ts";
import { Prefix } from "./prefix.ts";
import type { StreamNote } from "./stream-note.ts";
import { readClientHello } from "./tls/index.ts";

/**
 * Looks at the beginning of what passes, without touching it: TLS server name and protocols, or the first HTTP request
 * and the status of its answer. Holds the beginning only until it is told what it is.
 */
export class Observer {
  readonly #note: StreamNote;
  #out: Prefix | undefined = new Prefix();
  #in: Prefix | undefined;

  constructor(note: StreamNote) {
    this.#note = note;
  }

  out(chunk: Uint8Array): void {
    if (this.#out === undefined) return;
    const goesOn = this.#out.add(chunk);
    if (this.#isTold(this.#out.bytes) || !goesOn) this.#out = undefined;
  }

  in(chunk: Uint8Array): void {
    if (this.#in === undefined) return;
    const goesOn = this.#in.add(chunk);
    const reading = readStatus(this.#in.bytes);
    if (reading.kind === "status") this.#note.httpStatus(0, reading.status);
    if (reading.kind !== "more" || !goesOn) this.#in = undefined;
  }

  #isTold(start: Uint8Array): boolean {
    const hello = readClientHello(start);
    if (hello.kind === "hello") this.#note.tls(hello);
    if (hello.kind !== "not-tls") return hello.kind !== "more";
    const request = readRequestHead(start);
    if (request.kind === "request") {
      this.#note.http(0, httpRecord(request, undefined));
      this.#in = new Prefix();
    }
    return request.kind !== "more";
  }
}
