import RFB from "@novnc/novnc";
import { ScreenChannel } from "./channel.ts";

const CONTROL = 0xffe3;
const ALT = 0xffe9;
const UNICODE = 0x01000000;
const SPECIAL: Readonly<Record<string, number>> = {
  Backspace: 0xff08,
  Tab: 0xff09,
  Enter: 0xff0d,
  Escape: 0xff1b,
  Delete: 0xffff,
  ArrowLeft: 0xff51,
  ArrowUp: 0xff52,
  ArrowRight: 0xff53,
  ArrowDown: 0xff54,
};

/** The guest's screen in an element, for as long as one connection lasts. */
export class Screen {
  readonly #rfb: RFB;
  readonly #channel: ScreenChannel;

  constructor(target: HTMLElement, send: (data: Uint8Array<ArrayBuffer>) => void, label: string) {
    this.#channel = new ScreenChannel(send);
    this.#rfb = new RFB(target, this.#channel);
    // The guest's screen has as many pixels as the tab, so that scaling it into the tab is by the display's own density.
    this.#rfb.scaleViewport = true;
    this.#rfb.resizeSession = false;
    this.#rfb.background = "transparent";
    const canvas = target.querySelector("canvas");
    canvas?.setAttribute("role", "application");
    canvas?.setAttribute("aria-label", label);
    canvas?.setAttribute("tabindex", "0");
    // On touch screens noVNC draws the guest's pointer itself, outside of `target`.
    for (const pointer of document.querySelectorAll("body > canvas"))
      pointer.setAttribute("aria-hidden", "true");
  }

  receive(data: ArrayBuffer): void {
    this.#channel.receive(data);
  }

  focus(): void {
    this.#rfb.focus({ preventScroll: true });
  }

  /** Lets go of the keys by which a person left the screen. */
  leave(): void {
    this.#rfb.sendKey(CONTROL, "ControlLeft", false);
    this.#rfb.sendKey(ALT, "AltLeft", false);
    this.#rfb.blur();
  }

  /** Types what a keyboard on the glass gives: it has no keys, only text. */
  type(text: string): void {
    for (const sign of text) {
      const code = sign.codePointAt(0) ?? 0;
      if (sign === "\n") this.press("Enter");
      else this.#rfb.sendKey(code < 0x100 && code >= 0x20 ? code : UNICODE | code, null);
    }
  }

  /** @returns whether it is a key that has no text of its own */
  press(key: string): boolean {
    const keysym = SPECIAL[key];
    if (keysym === undefined) return false;
    this.#rfb.sendKey(keysym, null);
    return true;
  }

  close(): void {
    this.#channel.close();
  }
}
