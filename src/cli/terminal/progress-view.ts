import type { Progress } from "../../contract/index.ts";
import { isUtf8Locale, styleFor } from "./style.ts";
import { shorten } from "./width.ts";

type Output = NodeJS.WriteStream;
type Event = Parameters<Progress>[0];

/** What is over sooner is not worth a word. */
const PATIENCE_MS = 500;
const FRAME_MS = 100;
const FRAMES = isUtf8Locale() ? "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" : "|/-\\";
const ERASE_LINE = "\r\u001b[2K";

/**
 * Says what is being done, on standard error. A terminal gets one line that is redrawn and erased at the end; anything
 * else a plain line for each step that takes its time.
 */
export class ProgressView {
  readonly #output: Output;
  readonly #isQuiet: boolean;
  #event: Event | undefined;
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;
  #isDrawn = false;

  constructor(output: Output, { quiet }: { quiet: boolean }) {
    this.#output = output;
    this.#isQuiet = quiet;
  }

  readonly report: Progress = (event) => {
    if (this.#isQuiet) return;
    if (event.step !== this.#event?.step) this.#begin();
    this.#event = event;
  };

  /** The work is done, or somebody else needs the terminal: erases the line. */
  clear(): void {
    clearInterval(this.#timer);
    this.#event = undefined;
    if (this.#isDrawn) this.#output.write(ERASE_LINE);
    this.#isDrawn = false;
  }

  #begin(): void {
    clearInterval(this.#timer);
    this.#since = performance.now();
    // A line that is on the screen goes on at once; nothing flickers between two long steps.
    const wait = this.#output.isTTY ? FRAME_MS : PATIENCE_MS;
    this.#timer = setInterval(() => {
      this.#tick();
    }, wait).unref();
  }

  #tick(): void {
    const elapsed = performance.now() - this.#since;
    if (this.#output.isTTY) {
      if (this.#isDrawn || elapsed >= PATIENCE_MS) this.#draw(elapsed);
    } else {
      clearInterval(this.#timer);
      this.#output.write(`mayfly: ${this.#event?.step ?? ""} …\n`);
    }
  }

  #draw(elapsed: number): void {
    const { step = "", detail, fraction } = this.#event ?? {};
    const percent = fraction === undefined ? undefined : `${Math.round(fraction * 100)} %`;
    const seconds = elapsed < 1000 ? undefined : `${Math.floor(elapsed / 1000)} s`;
    const parts = [step, percent, seconds, detail].filter((part) => part !== undefined && part !== "");
    const [shown = "", ...rest] = shorten(parts.join(" · "), (this.#output.columns || 80) - 3).split(" · ");
    const style = styleFor(this.#output);
    const tail = rest.length === 0 ? "" : style.dim(` · ${rest.join(" · ")}`);
    this.#output.write(`${ERASE_LINE}${FRAMES.charAt(this.#frame++ % FRAMES.length)} ${shown}${tail}`);
    this.#isDrawn = true;
  }
}
