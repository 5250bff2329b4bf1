import { Transform, type TransformCallback } from "node:stream";
import { SequenceParser } from "./control-sequences.ts";

const ESC = "\u001b";
const CSI = `${ESC}[`;

/** Window reports and moves; printing. */
const REFUSED_FINALS = new Set(["t", "i"]);
/** Private modes that a terminal has switched on to begin with: wrapping and the cursor. */
const USUALLY_ON = new Set(["7", "25"]);

/**
 * What a guest's full-screen program may tell the user's terminal. Sequences that draw or set a mode pass, and the modes
 * are remembered; what reaches further is dropped: clipboard, title, hyperlinks and colours of the terminal (OSC), DCS,
 * APC, PM and SOS strings, window operations, printing, keyboard protocols.
 */
export class ScreenFilter extends Transform {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #changed = new Set<string>();
  readonly #parser: SequenceParser;
  #hasRegion = false;
  #kept = "";
  #last = "";

  constructor() {
    super();
    this.#parser = new SequenceParser({
      text: (text) => {
        this.#onText(text);
      },
      csi: (parameters, final) => {
        this.#onCsi(parameters, final);
      },
    });
  }

  /** Sets back what the guest's programs left changed: modes, scroll region, colours, character set. */
  undo(): string {
    const modes = [...this.#changed].map((mode) => `${CSI}?${mode}${USUALLY_ON.has(mode) ? "h" : "l"}`);
    const region = this.#hasRegion ? `\u001b7${CSI}r\u001b8` : "";
    return `${modes.join("")}${region}\u001b>\u001b(B\u000f${CSI}4l${CSI}0m`;
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    done(null, this.#filter(this.#decoder.decode(chunk, { stream: true })));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#filter(this.#decoder.decode()));
  }

  #filter(text: string): string {
    this.#kept = "";
    this.#parser.push(text);
    return this.#kept;
  }

  /**
   * Node's raw mode leaves the terminal adding a carriage return to each line feed. A program that wants none (it moves
   * down within a column) gets what moves the same way: ESC D.
   */
  #onText(text: string): void {
    const isBare = text === "\n" && this.#last !== "\r";
    this.#kept += isBare ? `${ESC}D` : text;
    this.#last = text;
  }

  #onCsi(parameters: string, final: string): void {
    if (REFUSED_FINALS.has(final) || (/^[<=>]/.test(parameters) && final !== "c")) return;
    if (parameters.startsWith("?") && (final === "h" || final === "l"))
      this.#onModes(parameters.slice(1), final === "h");
    if (final === "r" && !parameters.startsWith("?")) this.#hasRegion = parameters !== "";
    this.#kept += CSI + parameters + final;
  }

  #onModes(parameters: string, isOn: boolean): void {
    for (const mode of parameters.split(";").filter((text) => /^\d{1,5}$/.test(text))) {
      if (isOn === USUALLY_ON.has(mode)) this.#changed.delete(mode);
      else this.#changed.add(mode);
    }
  }
}
