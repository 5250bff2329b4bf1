const ESC = "\u001b";
const BEL = "\u0007";
const CAN = "\u0018";
const SUB = "\u001a";

/** What comes after ESC and begins a string for the terminal itself: DCS, SOS, OSC, PM, APC. */
const STRING_STARTS = new Set(["P", "X", "]", "^", "_"]);
/** Longer ones draw nothing that a terminal knows. */
const LONGEST_CSI = 128;

/** What a sequence parser hands out: characters, other escape sequences, and CSI sequences taken apart. */
export interface SequenceHandler {
  text(text: string): void;
  /** `ESC [ parameters final`. */
  csi(parameters: string, final: string): void;
}

/**
 * Takes a terminal stream apart. Strings for the terminal itself (OSC, DCS, APC, PM, SOS) and C1 controls, which could
 * begin them, are left out altogether. Keeps its state from one piece to the next.
 */
export class SequenceParser {
  readonly #handler: SequenceHandler;
  #state: "text" | "escape" | "csi" | "string" | "string-escape" = "text";
  #parameters = "";

  constructor(handler: SequenceHandler) {
    this.#handler = handler;
  }

  push(text: string): void {
    for (const character of text) this.#next(character);
  }

  #next(character: string): void {
    switch (this.#state) {
      case "text":
        this.#inText(character);
        return;
      case "escape":
        this.#afterEscape(character);
        return;
      case "csi":
        this.#inCsi(character);
        return;
      case "string":
        this.#inString(character);
        return;
      case "string-escape":
        // ESC ends a string whatever follows; only `ESC \` belongs to it.
        if (character === "\\") this.#state = "text";
        else this.#afterEscape(character);
    }
  }

  #inText(character: string): void {
    const code = character.charCodeAt(0);
    if (character === ESC) this.#state = "escape";
    else if (code < 0x80 || code > 0x9f) this.#handler.text(character);
  }

  #afterEscape(character: string): void {
    if (character === ESC) return;
    this.#parameters = "";
    if (character === "[") this.#state = "csi";
    else if (STRING_STARTS.has(character)) this.#state = "string";
    else this.#emit(ESC + character);
  }

  #inCsi(character: string): void {
    if (character === ESC) this.#state = "escape";
    else if (character === CAN || character === SUB || this.#parameters.length > LONGEST_CSI)
      this.#state = "text";
    else if (character >= "@" && character <= "~") this.#endCsi(character);
    else if (character >= " " && character < "@") this.#parameters += character;
    else if (character < " ")
      this.#handler.text(character); // terminals obey those on the way
    else this.#state = "text";
  }

  #endCsi(final: string): void {
    this.#state = "text";
    this.#handler.csi(this.#parameters, final);
  }

  #inString(character: string): void {
    if (character === ESC) this.#state = "string-escape";
    else if (character === BEL || character === CAN || character === SUB) this.#state = "text";
  }

  #emit(text: string): void {
    this.#state = "text";
    this.#handler.text(text);
  }
}
