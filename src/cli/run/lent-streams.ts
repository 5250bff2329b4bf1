import type { JobSide } from "../../client/index.ts";
import type { Work } from "../terminal/with-progress.ts";
import { openStreams, readsInput, type OpenStreams, type StreamChoice } from "./streams.ts";

/** Our standard streams, which are a task's while it runs. */
export class LentStreams {
  readonly #choice: StreamChoice;
  readonly #work: Work;
  readonly #leaving = new AbortController();
  #open: OpenStreams | undefined;

  constructor(choice: StreamChoice, work: Work) {
    this.#choice = choice;
    this.#work = work;
  }

  /** Whether there will be standard input. */
  get hasInput(): boolean {
    return readsInput(this.#choice);
  }

  /** Hands them over, with what ends the task: our own end, or a person who leaves its terminal. */
  begin(): OpenStreams["request"] & Pick<JobSide, "signal"> {
    const { progress, signal } = this.#work;
    progress.clear();
    this.#open = openStreams(this.#choice, () => {
      this.#leaving.abort();
    });
    return { ...this.#open.request, signal: AbortSignal.any([signal, this.#leaving.signal]) };
  }

  /** Takes them back. */
  async close(): Promise<void> {
    await this.#open?.close();
  }
}
