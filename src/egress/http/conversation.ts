import { Answers } from "./answers.ts";
import { type Body, ChunkedBody, LengthBody } from "./body.ts";
import { fieldsOf, requestFraming, type Fields } from "./framing.ts";
import { HeadGatherer } from "./head-gatherer.ts";
import { readRequestHead, type RequestHead } from "./request.ts";

/** What is no request of HTTP/1 is known as such within its method, mostly: so far each piece is looked at. */
const TELLING = 64;

export interface ConversationListeners {
  /** Request number `number` (from 0) has begun. False: it is not kept, and the requests after it need not be found. */
  readonly onRequest: (number: number, head: RequestHead) => boolean;
  readonly onStatus: (number: number, status: number) => void;
  /** There may be requests after the first `count` that are not found; `why` is one clause of our words. */
  readonly onLost: (count: number, why: string) => void;
}

/**
 * Finds the requests of a stream in plain text, by what passes, and the statuses of their answers. Goes on only while
 * nobody could disagree about where a request ends; else it says so, and stops. Bodies are not kept. Never throws.
 */
export class HttpConversation {
  readonly #on: ConversationListeners;
  readonly #answers: Answers;
  #head: HeadGatherer | undefined = new HeadGatherer();
  #body: Body | undefined;
  #count = 0;
  /** What only the answer to the latest request decides: whether its body follows, and whether requests do. */
  #doubtsBody = false;
  #mayChange = "";

  constructor(on: ConversationListeners) {
    this.#on = on;
    this.#answers = new Answers(on.onStatus);
  }

  /** False once nothing more will be found. */
  get goesOn(): boolean {
    return this.#head !== undefined;
  }

  /** Bytes of the guest. */
  out(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length > 0 && this.#head !== undefined;)
      rest = rest.subarray(this.#step(this.#head, rest));
  }

  /** Bytes of the server. */
  in(chunk: Uint8Array): void {
    if (this.#count > 0) this.#answers.take(chunk);
  }

  #step(head: HeadGatherer, rest: Uint8Array): number {
    if (this.#body !== undefined) return this.#skip(this.#body, rest);
    if (this.#mayChange !== "" && !this.#stayed()) return 0;
    const { hasLine, bytes } = head;
    const taken = head.take(rest);
    // Not at each piece, as a guest that sends byte by byte must not have us read again each time
    if (head.isWhole || head.isFull || head.hasLine !== hasLine || bytes.length < TELLING) this.#look(head);
    return taken;
  }

  #skip(body: Body, rest: Uint8Array): number {
    if (this.#doubtsBody && this.#answers.of(this.#count - 1) !== undefined) {
      this.#lose("whether the body of the last one follows is not clear");
      return 0;
    }
    this.#doubtsBody = false; // it has begun
    const taken = body.take(rest);
    if (body.fault !== "") this.#lose(`of the last one, ${body.fault}`);
    else if (body.isOver) this.#body = undefined;
    return taken;
  }

  /** Whether the connection still speaks HTTP after a request to change that. */
  #stayed(): boolean {
    const status = this.#answers.of(this.#count - 1);
    if (status === undefined || status === "lost")
      this.#lose(`the last one asks for ${this.#mayChange}, and how it is answered is not known`);
    else if (status < 200 || (this.#mayChange === TUNNEL && status < 300))
      this.#lose(`the connection became ${this.#mayChange}`);
    this.#mayChange = "";
    return this.goesOn;
  }

  #look(head: HeadGatherer): void {
    const reading = readRequestHead(head.bytes);
    if (reading.kind === "request") this.#begin(reading, head.bytes);
    else if (reading.kind === "malformed") this.#lose(reading.why);
    else if (reading.kind === "http2") this.#lose("HTTP/2");
    else if (reading.kind === "not-http" && this.#count > 0)
      this.#lose("what follows is no request of HTTP/1");
    else if (reading.kind === "not-http") this.#end();
  }

  #begin(request: RequestHead, bytes: Uint8Array): void {
    this.#head = new HeadGatherer();
    const number = this.#count++;
    if (!this.#on.onRequest(number, request)) {
      this.#end();
      return;
    }
    this.#answers.expect({ number, method: request.method });
    const fields = fieldsOf(bytes);
    if ("unclear" in fields) this.#lose(`of the last one, ${fields.unclear}`);
    else this.#awaitBody(request, fields);
  }

  #awaitBody({ method }: RequestHead, fields: Fields): void {
    const framing = requestFraming(fields);
    if (framing.kind === "unclear") this.#lose(`of the last one, ${framing.why}`);
    else if (framing.kind === "chunked") this.#body = new ChunkedBody();
    else if (framing.kind === "length" && framing.bytes > 0) this.#body = new LengthBody(framing.bytes);
    this.#doubtsBody = fields.values("expect").length > 0;
    if (method === "CONNECT") this.#mayChange = TUNNEL;
    else if (fields.values("upgrade").length > 0) this.#mayChange = "another protocol";
  }

  #lose(why: string): void {
    this.#on.onLost(this.#count, why);
    this.#end();
  }

  #end(): void {
    this.#head = undefined;
    this.#body = undefined;
  }
}

const TUNNEL = "a tunnel";
