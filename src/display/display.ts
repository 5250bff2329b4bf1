import type { Duplex } from "node:stream";
import type { ClipboardDirection } from "../contract/index.ts";
import { MayflyError, ignoring, within } from "../foundation/index.ts";
import { Attendant } from "./attendant.ts";
import { converse, together } from "./converse.ts";
import { GREETING_MS, LEAST_SIDE, MOST_SIDE, MOST_TABS } from "./limits.ts";
import type { Size } from "./rfb/constants.ts";
import type { Frame } from "./rfb/frame.ts";
import { pictures } from "./rfb/from-guest.ts";
import { acts } from "./rfb/from-viewer.ts";
import { PICTURE_ENCODINGS, greetGuest, greetViewer } from "./rfb/greeting.ts";
import { snapshot } from "./snapshot.ts";

export interface DisplayOptions {
  /** Connects to the screen in the guest. */
  readonly connect: () => Promise<Duplex>;
  readonly clipboard: ClipboardDirection;
  readonly onOffer?: ((hasText: boolean) => void) | undefined;
  readonly onSize?: ((size: Size) => void) | undefined;
}

/**
 * The screen of one micro-VM, for several viewers. Each has a connection of its own, so that a slow one holds up
 * nobody; what passes is what is known to be harmless, message by message.
 */
export class Display {
  readonly #options: DisplayOptions;
  readonly #tabs = new Set<Duplex>();
  #attendant: Promise<Attendant> | undefined;
  #looking: Promise<Frame> | undefined;
  #hasText = false;
  #closed: MayflyError | undefined;

  constructor(options: DisplayOptions) {
    this.#options = options;
  }

  get viewers(): number {
    return this.#tabs.size;
  }

  /** Whether the guest has announced text that the policy lets out. */
  get hasText(): boolean {
    return this.#hasText;
  }

  /**
   * Shows the screen to a viewer until one of both goes away.
   * @returns why it ended
   * @throws E_VIEWERS where there are too many
   */
  async show(viewer: Duplex): Promise<MayflyError> {
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#tabs.size >= MOST_TABS)
      throw new MayflyError("E_VIEWERS", `${MOST_TABS} tabs show this screen already`, {
        next: "Close one of them, and reload this one.",
      });
    this.#tabs.add(viewer);
    try {
      const guest = await this.#options.connect();
      return await join(guest, viewer);
    } finally {
      viewer.destroy();
      this.#tabs.delete(viewer);
    }
  }

  /** What it shows now; who asks while another looks gets the same. @throws E_GUEST_PROTOCOL, E_GUEST_SILENT, E_CLOSED */
  async look(): Promise<Frame> {
    if (this.#closed !== undefined) throw this.#closed;
    this.#looking ??= this.#options
      .connect()
      .then(snapshot)
      .finally(() => (this.#looking = undefined));
    return await this.#looking;
  }

  /**
   * Asks the guest for a screen of that size.
   * @returns the size that was asked for, within the limits
   */
  async resize({ width, height }: Size): Promise<Size> {
    const size = { width: bounded(width), height: bounded(height) };
    (await this.#attended()).resize(size);
    return size;
  }

  /** @throws E_CLIPBOARD */
  async paste(text: string): Promise<void> {
    (await this.#attended()).paste(text);
  }

  /** @throws E_CLIPBOARD, E_GUEST_SILENT */
  async copy(): Promise<string> {
    return await (await this.#attended()).copy();
  }

  close(reason: MayflyError): void {
    this.#closed ??= reason;
    for (const tab of this.#tabs) tab.destroy();
    void ignoring(
      Promise.resolve(this.#attendant).then((attendant) => attendant?.close()),
      "it is over",
    );
  }

  async #attended(): Promise<Attendant> {
    if (this.#closed !== undefined) throw this.#closed;
    const opening = (this.#attendant ??= this.#attend());
    opening.catch(() => (this.#attendant = undefined));
    return await opening;
  }

  async #attend(): Promise<Attendant> {
    const { connect, clipboard, onOffer, onSize } = this.#options;
    const attendant = await Attendant.open(await connect(), {
      clipboard,
      onSize: (size) => onSize?.(size),
      onOffer: (hasText) => {
        this.#hasText = hasText;
        onOffer?.(hasText);
      },
    });
    attendant.ended.catch(() => {
      this.#attendant = undefined; // the next act opens another
    });
    return attendant;
  }
}

async function join(guest: Duplex, viewer: Duplex): Promise<MayflyError> {
  try {
    const size = await within(converse(greetGuest(PICTURE_ENCODINGS), guest, guest), GREETING_MS, {
      late: () => new MayflyError("E_GUEST_SILENT", "The guest's screen does not answer"),
    });
    await converse(greetViewer(size), viewer, viewer);
    return await together(
      [guest, viewer],
      [
        converse(
          pictures(size, () => undefined),
          guest,
          viewer,
        ),
        converse(acts(), viewer, guest),
      ],
    );
  } finally {
    guest.destroy();
  }
}

function bounded(side: number): number {
  return Math.min(MOST_SIDE, Math.max(LEAST_SIDE, Math.round(side)));
}
