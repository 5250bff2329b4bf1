import { type Body, ChunkedBody, LengthBody } from "./body.ts";
import { fieldsOf, responseFraming } from "./framing.ts";
import { firstLine, latin1, MAX_HEAD } from "./head.ts";
import { HeadGatherer } from "./head-gatherer.ts";

const STATUS_LINE = /^HTTP\/1\.[01] ([1-9]\d\d)(?: |$)/;
const START = "HTTP/1.";

/** The request that is answered next. */
export interface Awaited {
  readonly number: number;
  readonly method: string;
}

/**
 * Follows the answers of a server, to tell the final status of each request: interim ones (1xx, but for 101, which is
 * final) are skipped. Stops without a word where it cannot know what an answer belongs to. Never throws.
 */
export class Answers {
  readonly #onStatus: (request: number, status: number) => void;
  readonly #awaited: Awaited[] = [];
  #head = new HeadGatherer();
  #body: Body | undefined;
  #isLost = false;
  #last: { readonly number: number; readonly status: number } | undefined;

  constructor(onStatus: (request: number, status: number) => void) {
    this.#onStatus = onStatus;
  }

  /** A request was sent, which will be answered after those before it. */
  expect(request: Awaited): void {
    if (!this.#isLost) this.#awaited.push(request);
  }

  /** The final status of the latest request; undefined where it has none yet; `lost` where that is not known. */
  of(number: number): number | "lost" | undefined {
    if (this.#last?.number === number) return this.#last.status;
    return this.#isLost ? "lost" : undefined;
  }

  take(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length > 0 && !this.#isLost;) rest = rest.subarray(this.#step(rest));
  }

  #step(rest: Uint8Array): number {
    const [request] = this.#awaited;
    if (this.#body !== undefined) return this.#skip(this.#body, rest);
    if (request === undefined) return this.#lose();
    const taken = this.#head.take(rest);
    const { bytes, isWhole, isFull } = this.#head;
    if (!START.startsWith(latin1(bytes.subarray(0, START.length)))) return this.#lose();
    if (!isWhole && !isFull) return taken;
    const line = firstLine(bytes, MAX_HEAD).text;
    if (isFull) return this.#lose(line, request);
    this.#understand(bytes, line, request);
    return taken;
  }

  #skip(body: Body, rest: Uint8Array): number {
    const taken = body.take(rest);
    if (body.fault !== "") this.#lose();
    else if (body.isOver) this.#body = undefined;
    return taken;
  }

  #understand(head: Uint8Array, line: string, request: Awaited): void {
    const status = statusOf(line);
    this.#head = new HeadGatherer();
    if (status >= 100 && status < 200 && status !== 101) return;
    const fields = fieldsOf(head);
    const changes = status === 101 || (request.method === "CONNECT" && status < 300);
    if (status === 0 || changes || "unclear" in fields) {
      this.#lose(line, request);
      return;
    }
    this.#tell(request, status);
    this.#awaited.shift();
    const framing = responseFraming(fields, status, request.method);
    if (framing.kind === "chunked") this.#body = new ChunkedBody();
    else if (framing.kind !== "length") this.#lose();
    else if (framing.bytes > 0) this.#body = new LengthBody(framing.bytes);
  }

  #tell({ number }: Awaited, status: number): void {
    this.#last = { number, status };
    this.#onStatus(number, status);
  }

  /** What follows is not followed; the status in `line`, where it has one, is the last. */
  #lose(line = "", request?: Awaited): number {
    const status = statusOf(line);
    if (request !== undefined && (status >= 200 || status === 101)) this.#tell(request, status);
    this.#isLost = true;
    this.#awaited.length = 0;
    this.#head = new HeadGatherer();
    this.#body = undefined;
    return 0;
  }
}

function statusOf(line: string): number {
  return Number(STATUS_LINE.exec(line)?.[1] ?? 0);
}
