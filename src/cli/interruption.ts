import { constants } from "node:os";
import { MayflyError } from "../foundation/index.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type EndSignal = (typeof SIGNALS)[number];

/** When a person is told that it takes a while, and when we leave although not everything has ended. */
const NOTICE_MS = 1000;
const PATIENCE_MS = 15_000;

/**
 * Ctrl-C and its like. The first signal aborts, so that what runs is ended and disposed of in order; the second one
 * leaves at once: the kernel then ends what is ours (parent-death signals), and the next Mayfly sweeps.
 */
export class Interruption {
  readonly #controller = new AbortController();
  #first: EndSignal | undefined;
  #finished = false;

  constructor() {
    for (const name of SIGNALS)
      process.on(name, () => {
        this.#on(name);
      });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** 128 + the number of the signal that came first; undefined where none came. */
  get status(): number | undefined {
    return this.#first === undefined ? undefined : 128 + constants.signals[this.#first];
  }

  /** From now on there is nothing left to dispose of: a signal ends us as it ends any program. */
  finish(): void {
    this.#finished = true;
  }

  #on(name: EndSignal): void {
    const isFirst = this.#first === undefined;
    this.#first ??= name;
    if (this.#finished || !isFirst) this.#leave();
    this.#controller.abort(new MayflyError("E_CANCELLED", `Ended by ${name}`));
    if (name === "SIGINT" && process.stderr.isTTY) process.stderr.write("\n"); // the terminal shows ^C and stays on the line
    setTimeout(() => {
      this.#tell("ending the micro-VM … (again to leave at once)");
    }, NOTICE_MS).unref();
    setTimeout(() => {
      this.#tell(
        "not everything ended in time; the kernel ends the rest now, and the next run sweeps what is left",
      );
      this.#leave();
    }, PATIENCE_MS).unref();
  }

  #tell(text: string): void {
    if (!this.#finished) process.stderr.write(`mayfly: ${text}\n`);
  }

  #leave(): never {
    process.exit(this.status);
  }
}
