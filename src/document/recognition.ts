import { PassThrough } from "node:stream";
import type { OcrLanguage, TaskRequest, TaskResult } from "../contract/index.ts";
import { deferred, neutralise, type Deferred } from "../foundation/index.ts";
import type { Microvisor } from "../microvisor/index.ts";
import { runTask, type Reporting, type TaskHost } from "../task/index.ts";
import {
  failureOf,
  lie,
  pageHeader,
  readRecords,
  type PageRecord,
  type WordBox,
} from "./conversation/index.ts";
import { CONVERTER, OFFICE } from "./converter.ts";
import { failureOfTask } from "./failure.ts";
import type { Word } from "./forms/index.ts";

/** Bytes of text on one page: no sheet of paper holds as much. */
const MOST_PAGE_TEXT = 4 * 2 ** 20;

/** What was recognised on a page. */
export interface ReadPage {
  readonly text: string;
  readonly words: readonly Word[];
}

interface RecognitionHost {
  readonly microvisor: Microvisor;
  readonly reporting?: Reporting | undefined;
  readonly rules?: TaskHost["rules"];
  readonly languages: readonly OcrLanguage[];
  /** What its report says that was asked for. */
  readonly asked: readonly string[];
  readonly limits: TaskRequest["limits"];
  readonly isolation: TaskRequest["isolation"];
  readonly signal: AbortSignal | undefined;
}

/** A micro-VM that reads pixels, and never sees the document that they are of. */
export class Recognition {
  readonly #pages = new PassThrough({ highWaterMark: 0 });
  readonly #stop = new AbortController();
  readonly #ended: Promise<TaskResult>;
  #waiting: { page: PageRecord; text: string; done: Deferred<ReadPage> } | undefined;
  #failure: Error | undefined;

  constructor({ languages, limits, isolation, signal, ...host }: RecognitionHost) {
    this.#pages.write(`${JSON.stringify({ do: "recognise", languages })}\n`);
    this.#pages.on("error", () => undefined); // the machine may be gone before all is written; `read` tells
    const io = { stdin: this.#pages, stdout: this.#take };
    const request = { profile: OFFICE, command: CONVERTER, limits, isolation };
    const ending = AbortSignal.any([this.#stop.signal, ...(signal === undefined ? [] : [signal])]);
    this.#ended = runTask(request, { ...host, io, signal: ending }).then((report) => {
      this.#fail(failureOfTask(report, "The recogniser"));
      return report;
    });
  }

  /** Reads one page; one at a time. @throws E_CONVERTER, E_GUEST_PROTOCOL, E_LIMIT, E_CANCELLED and what starting throws */
  readonly read = async (page: PageRecord): Promise<ReadPage> => {
    if (this.#failure !== undefined) throw this.#failure;
    const done = deferred<ReadPage>();
    this.#waiting = { page, text: "", done };
    this.#pages.write(pageHeader(page));
    this.#pages.write(page.pixels);
    return await done.promise;
  };

  /** No more pages: the machine is ended, if it does not end by itself, and destroyed. */
  async end(): Promise<TaskResult> {
    if (this.#waiting !== undefined) this.#stop.abort();
    this.#pages.end();
    return await this.#ended;
  }

  readonly #take = async (output: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const record of readRecords(output)) {
      if (record.kind === "end") return;
      if (record.kind === "failure") throw failureOf(record.code, record.detail);
      const now = this.#waiting;
      if (now === undefined || (record.kind !== "text" && record.kind !== "words"))
        throw lie("what nobody asked it for");
      if (record.kind === "text") now.text += textOf(now.text, record.bytes);
      else {
        this.#waiting = undefined;
        now.done.resolve({ text: now.text, words: record.words.map((box) => wordOf(box, now.page)) });
      }
    }
  };

  #fail(failure: Error): void {
    this.#failure = failure;
    this.#waiting?.done.reject(failure);
  }
}

function textOf(before: string, bytes: Uint8Array): string {
  if (before.length + bytes.length > MOST_PAGE_TEXT) throw lie("more text than a page holds");
  return Buffer.from(bytes).toString("utf8");
}

function wordOf([text, left, top, width, height]: WordBox, page: PageRecord): Word {
  if (left + width > page.width || top + height > page.height) throw lie("a word that is not on its page");
  return { text: neutralise(text, 200), left, top, width, height };
}
