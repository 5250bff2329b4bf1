import type { Duplex } from "node:stream";
import type { ClipboardDirection } from "../contract/index.ts";
import { MayflyError, deferred, ignoring, within, type Deferred } from "../foundation/index.ts";
import { converse } from "./converse.ts";
import { GREETING_MS, MOST_CLIPBOARD } from "./limits.ts";
import {
  clipboardCaps,
  clipboardOffer,
  clipboardRequest,
  clipboardTalk,
  clipboardText,
} from "./rfb/clipboard.ts";
import {
  EXTENDED_CLIPBOARD,
  EXTENDED_DESKTOP_SIZE,
  RAW,
  SET_DESKTOP_SIZE,
  type Size,
} from "./rfb/constants.ts";
import { pictures } from "./rfb/from-guest.ts";
import { greetGuest } from "./rfb/greeting.ts";

/** How long a guest may take to give the text that it has announced. */
const TEXT_MS = 5_000;

interface AttendantOptions {
  readonly clipboard: ClipboardDirection;
  /** The guest has text to give, or has none any more; not called again while nothing changes. */
  readonly onOffer: (hasText: boolean) => void;
  readonly onSize: (size: Size) => void;
}

/**
 * The host's own connection to a guest's screen, which shows nothing: by it the screen gets its size, and text goes
 * both ways where the policy lets it. What the guest copies stays there until a person asks for it.
 */
export class Attendant {
  readonly #guest: Duplex;
  readonly #options: AttendantOptions;
  /** What was pasted last, as the guest gets it. */
  #pasted: Buffer | undefined;
  #hasMet = false;
  #hasText = false;
  #asked: Deferred<string> | undefined;
  /** Rejects when the connection has ended. */
  readonly ended: Promise<never>;

  private constructor(guest: Duplex, first: Size, options: AttendantOptions) {
    this.#guest = guest;
    this.#options = options;
    const talk = clipboardTalk({
      met: () => {
        if (!this.#hasMet) guest.write(clipboardCaps());
        this.#hasMet = true;
      },
      offered: this.#offered,
      // However often a guest asks, nothing gathers here for one that does not read.
      wanted: () => {
        if (this.#pasted !== undefined && !guest.writableNeedDrain) guest.write(this.#pasted);
      },
      given: this.#given,
    });
    options.onSize(first);
    this.ended = converse(pictures(first, options.onSize, talk), guest, undefined).finally(() =>
      guest.destroy(),
    );
    this.ended.catch((cause: unknown) => this.#asked?.reject(cause));
  }

  /** @throws E_GUEST_PROTOCOL, E_GUEST_SILENT, E_CLOSED */
  static async open(guest: Duplex, options: AttendantOptions): Promise<Attendant> {
    const extended = options.clipboard === "none" ? [] : [EXTENDED_CLIPBOARD];
    try {
      const encodings = [RAW, EXTENDED_DESKTOP_SIZE, ...extended];
      const size = await within(converse(greetGuest(encodings), guest, guest), GREETING_MS, { late: silent });
      return new Attendant(guest, size, options);
    } catch (cause) {
      guest.destroy();
      throw cause;
    }
  }

  resize({ width, height }: Size): void {
    const message = Buffer.alloc(24);
    message.writeUInt8(SET_DESKTOP_SIZE, 0);
    message.writeUInt16BE(width, 2);
    message.writeUInt16BE(height, 4);
    message.writeUInt8(1, 6); // one monitor, which fills it
    message.writeUInt16BE(width, 16);
    message.writeUInt16BE(height, 18);
    this.#guest.write(message);
  }

  /** A person's text becomes the guest's clipboard. @throws E_CLIPBOARD */
  paste(text: string): void {
    this.#require("to-guest", "into");
    const bytes = Buffer.byteLength(text);
    if (bytes > MOST_CLIPBOARD)
      throw new MayflyError(
        "E_CLIPBOARD",
        `The text has ${bytes} bytes; the clipboard takes ${MOST_CLIPBOARD}`,
        {
          next: "Give it as a file.",
        },
      );
    this.#pasted = text === "" ? undefined : clipboardText(text);
    if (text !== "") this.#guest.write(clipboardOffer());
  }

  /** The text that the guest has copied, neutralised. @throws E_CLIPBOARD where it has none that may pass */
  async copy(): Promise<string> {
    this.#require("from-guest", "out of");
    if (!this.#hasText) throw new MayflyError("E_CLIPBOARD", "Nothing was copied inside", NEXT_COPY);
    if (this.#asked === undefined) {
      this.#asked = deferred();
      this.#guest.write(clipboardRequest());
    }
    return await within(this.#asked.promise, TEXT_MS, { late: silent }).finally(
      () => (this.#asked = undefined),
    );
  }

  close(): void {
    this.#guest.destroy();
    void ignoring(this.ended, "it was closed");
  }

  #require(direction: ClipboardDirection, words: string): void {
    const { clipboard } = this.#options;
    if (clipboard === direction || clipboard === "both") return;
    throw new MayflyError("E_CLIPBOARD", `The policy lets no text ${words} this micro-VM`, {
      next: `Start it with --clipboard ${direction}, or both.`,
    });
  }

  // However often a guest says that it has text, that is one fact.
  readonly #offered = (hasText: boolean): void => {
    const { clipboard, onOffer } = this.#options;
    if (hasText === this.#hasText || (clipboard !== "from-guest" && clipboard !== "both")) return;
    this.#hasText = hasText;
    onOffer(hasText);
  };

  readonly #given = (text: string | undefined): void => {
    if (text === undefined)
      this.#asked?.reject(
        new MayflyError(
          "E_CLIPBOARD",
          `What was copied inside is no text, or has more than ${MOST_CLIPBOARD} bytes`,
          {
            next: "Save it as a file.",
          },
        ),
      );
    else this.#asked?.resolve(text); // what was not asked for is dropped
  };
}

const NEXT_COPY = { next: "Copy something inside first." };

function silent(): MayflyError {
  return new MayflyError("E_GUEST_SILENT", "The guest's screen does not answer", {
    next: "It may be busy: try again, or end the task.",
  });
}
