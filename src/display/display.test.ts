import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { constants, deflateSync, inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { duplexPair } from "../../test/support/duplex-pair.ts";
import {
  VERSION,
  clipboardWord,
  cutText,
  greeting,
  newSize,
  raw,
  tightFill,
  update,
} from "../../test/support/screen-bytes.ts";
import type { ClipboardDirection } from "../contract/index.ts";
import { isMayflyError } from "../foundation/index.ts";
import { Display, MOST_CLIPBOARD, MOST_TABS } from "./index.ts";

const CAPS = 1 << 24;
const REQUEST = 1 << 25;
const NOTIFY = 1 << 27;
const PROVIDE = 1 << 28;
const TEXT = 1;
const SIZE = { width: 640, height: 480 };

/** One end of a connection, with what came so far. */
class Side {
  readonly stream: Duplex;
  #got = Buffer.alloc(0);

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on("error", () => undefined);
  }

  write(...bytes: readonly Uint8Array[]): void {
    this.stream.write(Buffer.concat(bytes));
  }

  /** Waits for so many bytes and takes them. */
  async take(count: number): Promise<Buffer> {
    while (this.#got.length < count) {
      const chunk = this.stream.read() as Buffer | null;
      if (chunk === null) await Promise.race([once(this.stream, "readable"), closed(this.stream)]);
      else this.#got = Buffer.concat([this.#got, chunk]);
    }
    const taken = this.#got.subarray(0, count);
    this.#got = this.#got.subarray(count);
    return taken;
  }

  /** All that comes until the next word of the extended clipboard, which it gives. */
  async word(): Promise<{ readonly flags: number; readonly data: Buffer }> {
    const head = await this.take(8);
    expect(head.readUInt8()).toBe(6);
    const body = await this.take(-head.readInt32BE(4));
    return { flags: body.readUInt32BE(), data: body.subarray(4) };
  }
}

async function closed(stream: Duplex): Promise<never> {
  if (!stream.destroyed) await once(stream, "close");
  throw new Error("closed");
}

/** A display whose guest's ends are given one after another. */
function guestAndDisplay(clipboard: ClipboardDirection = "none") {
  const guests: Side[] = [];
  const ours: Duplex[] = [];
  const offers: boolean[] = [];
  let wake = (): void => undefined;
  const display = new Display({
    clipboard,
    onOffer: (hasText) => offers.push(hasText),
    connect: async () => {
      const [own, theirs] = duplexPair();
      ours.push(own);
      guests.push(new Side(theirs));
      wake();
      return await Promise.resolve(own);
    },
  });
  const guest = async (index: number): Promise<Side> => {
    while (guests[index] === undefined) await new Promise<void>((resolve) => (wake = resolve));
    return guests[index];
  };
  return { display, guest, ours, offers };
}

/** Greets as Xvnc does. @returns the encodings that the host asked for */
async function greet(guest: Side): Promise<number[]> {
  guest.write(greeting(SIZE.width, SIZE.height, "secret name"));
  await guest.take(VERSION.length + 1 + 1 + 20); // version, security, shared, pixel format
  const head = await guest.take(4);
  const list = await guest.take(4 * head.readUInt16BE(2));
  return Array.from({ length: list.length / 4 }, (_, index) => list.readInt32BE(4 * index));
}

/** A viewer that has been greeted. */
async function watch(display: Display, guest: () => Promise<Side>) {
  const [tab, theirs] = duplexPair();
  const viewer = new Side(tab);
  const ended = display.show(theirs);
  const side = await guest();
  const encodings = await greet(side);
  viewer.write(VERSION, Buffer.from([1]), Buffer.from([1]));
  const hello = await viewer.take(12 + 2 + 4 + 24 + 6);
  return { viewer, guest: side, ended, hello, encodings };
}

describe("a display", () => {
  it("gives a viewer the guest's size, and a name of the host's", async () => {
    const { display, guest } = guestAndDisplay();
    const { hello, encodings } = await watch(display, async () => await guest(0));
    expect([hello.readUInt16BE(18), hello.readUInt16BE(20)]).toEqual([640, 480]);
    expect(hello.subarray(-6).toString()).toBe("Mayfly");
    expect(encodings).not.toContain(-32); // a JPEG quality would ask for JPEGs
    expect(encodings.filter((each) => each >= 0)).toEqual([1, 7, 0]);
  });

  it("passes pictures one way, keys and pointer the other, and nothing else", async () => {
    const { display, guest } = guestAndDisplay();
    const { viewer, guest: side } = await watch(display, async () => await guest(0));
    const picture = update(tightFill({ width: 10 }));
    side.write(cutText("not asked for"), Buffer.from([2]), picture);
    expect(await viewer.take(picture.length)).toEqual(picture);
    const encodings = Buffer.from([2, 0, 0, 1, 0, 0, 0, 21]);
    const paste = Buffer.from([6, 0, 0, 0, 0, 0, 0, 2, 104, 105]);
    const size = Buffer.concat([Buffer.from([251, 0, 255, 255, 255, 255, 1, 0]), Buffer.alloc(16)]);
    const key = Buffer.from([4, 1, 0, 0, 0, 0, 0, 65]);
    const pointer = Buffer.from([5, 1, 0, 1, 0, 2]);
    const request = Buffer.from([3, 1, 0, 0, 0, 0, 0, 9, 0, 9]);
    viewer.write(encodings, key, paste, pointer, size, request);
    expect(await side.take(8 + 6 + 10)).toEqual(Buffer.concat([key, pointer, request]));
  });

  it("ends for a viewer whose guest lies, and says how", async () => {
    const { display, guest } = guestAndDisplay();
    const { guest: side, ended } = await watch(display, async () => await guest(0));
    side.write(update(newSize(5000, 5000)));
    const why = await ended;
    expect(why.code).toBe("E_GUEST_PROTOCOL");
    expect(why.message).toContain("5000 × 5000");
    expect(display.viewers).toBe(0);
  });

  it("ends for a viewer that talks nonsense, and for nobody else", async () => {
    const { display, guest } = guestAndDisplay();
    const first = await watch(display, async () => await guest(0));
    const second = await watch(display, async () => await guest(1));
    first.viewer.write(Buffer.from([99]));
    expect((await first.ended).code).toBe("E_USAGE");
    const picture = update(raw({ width: 4 }));
    second.guest.write(picture);
    expect(await second.viewer.take(picture.length)).toEqual(picture);
  });

  it("is shown to so many viewers and no more; one that leaves makes room", async () => {
    const { display, guest } = guestAndDisplay();
    const shown = [];
    for (let index = 0; index < MOST_TABS; index++)
      shown.push(await watch(display, async () => await guest(index)));
    for (let count = 0; count < 42; count++) {
      const [, theirs] = duplexPair();
      await expect(display.show(theirs)).rejects.toMatchObject({ code: "E_VIEWERS" });
    }
    shown[0]?.viewer.stream.destroy();
    await shown[0]?.ended;
    await watch(display, async () => await guest(MOST_TABS));
    expect(display.viewers).toBe(MOST_TABS);
  });

  it("holds no more for a slow viewer than a few pieces, and lets others see", async () => {
    const { display, guest } = guestAndDisplay();
    const slow = await watch(display, async () => await guest(0));
    const quick = await watch(display, async () => await guest(1));
    const picture = update(raw({ width: 200, height: 100 }));
    let taken = 0;
    for (let count = 0; count < 200; count++) slow.guest.stream.write(picture, () => taken++);
    quick.guest.write(picture);
    expect(await quick.viewer.take(picture.length)).toEqual(picture);
    expect(taken).toBeLessThan(5);
  });

  it("asks for no more pixels than the limit, and for enough to see something", async () => {
    const { display, guest } = guestAndDisplay();
    const resized = display.resize({ width: 5000, height: 5000 });
    const side = await guest(0);
    await greet(side);
    expect(await resized).toEqual({ width: 4096, height: 4096 });
    const message = await side.take(24);
    expect([message.readUInt8(0), message.readUInt16BE(2), message.readUInt16BE(4)]).toEqual([
      251, 4096, 4096,
    ]);
    expect(await display.resize({ width: 1, height: 1 })).toEqual({ width: 160, height: 160 });
  });
});

/** A display with its attendant, whose guest speaks the extended clipboard. */
async function withClipboard(clipboard: ClipboardDirection) {
  const made = guestAndDisplay(clipboard);
  const sized = made.display.resize(SIZE);
  const side = await made.guest(0);
  const encodings = await greet(side);
  await sized;
  await side.take(24);
  if (clipboard !== "none") {
    side.write(clipboardWord(CAPS | TEXT, Buffer.alloc(4)));
    expect((await side.word()).flags & CAPS).not.toBe(0);
  }
  return { ...made, side, encodings };
}

function textOf(data: Buffer): string {
  return inflateSync(data).subarray(4).toString();
}

function provided(text: string): Buffer {
  const bytes = Buffer.from(`${text}\0`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  const finishFlush = constants.Z_SYNC_FLUSH; // as TigerVNC has it: flushed, not ended
  return clipboardWord(PROVIDE | TEXT, deflateSync(Buffer.concat([length, bytes]), { finishFlush }));
}

describe("the clipboard", () => {
  it("is not even spoken of where the policy says none", async () => {
    const { display, encodings } = await withClipboard("none");
    expect(encodings).not.toContain(0xc0a1e5ce | 0);
    await expect(display.paste("x")).rejects.toMatchObject({ code: "E_CLIPBOARD" });
    await expect(display.copy()).rejects.toMatchObject({ code: "E_CLIPBOARD" });
  });

  it("gives a person's text when a program in the guest wants it, and not before", async () => {
    const { display, side } = await withClipboard("to-guest");
    await display.paste("grüß\ndich");
    expect(await side.word()).toEqual({ flags: NOTIFY | TEXT, data: Buffer.alloc(0) });
    side.write(clipboardWord(REQUEST | TEXT));
    const { flags, data } = await side.word();
    expect(flags).toBe(PROVIDE | TEXT);
    expect(textOf(data)).toBe("grüß\r\ndich\0");
    await expect(display.copy()).rejects.toMatchObject({ code: "E_CLIPBOARD" });
    await expect(display.paste("x".repeat(MOST_CLIPBOARD + 1))).rejects.toMatchObject({
      code: "E_CLIPBOARD",
    });
  });

  it("gathers nothing for a guest that asks without end and reads nothing", async () => {
    const { display, side, ours } = await withClipboard("both");
    const text = randomBytes(MOST_CLIPBOARD / 2).toString("hex");
    await display.paste(text);
    for (let count = 0; count < 1000; count++)
      side.write(clipboardWord(REQUEST | TEXT), clipboardWord(CAPS | TEXT, Buffer.alloc(4)));
    side.write(clipboardWord(NOTIFY | TEXT));
    await seen(() => display.hasText); // then all before it was heard
    expect(ours[0]?.writableLength).toBeLessThan(2 * text.length);
    expect((await side.word()).flags).toBe(NOTIFY | TEXT);
    expect(textOf((await side.word()).data)).toBe(`${text}\0`);
  });

  it("takes the guest's text when a person asks, neutralised, and never by itself", async () => {
    const { display, side, offers } = await withClipboard("from-guest");
    await expect(display.copy()).rejects.toMatchObject({ message: "Nothing was copied inside" });
    for (let count = 0; count < 5000; count++) side.write(clipboardWord(NOTIFY | TEXT));
    side.write(provided("pushed"), provided("pushed again"));
    await seen(() => display.hasText);
    expect(offers).toEqual([true]);
    const copying = display.copy();
    expect(await side.word()).toEqual({ flags: (REQUEST | TEXT) >>> 0, data: Buffer.alloc(0) });
    side.write(provided("rm -rf\u001b[2K\r\nls\u202e"));
    expect(await copying).toBe("rm -rf\\u{1b}[2K\nls\\u{202e}");
    await expect(display.paste("x")).rejects.toMatchObject({ code: "E_CLIPBOARD" });
    side.write(clipboardWord(NOTIFY));
    await seen(() => !display.hasText);
    expect(offers).toEqual([true, false]);
  });

  it.each([
    ["more than its limit", provided("y".repeat(MOST_CLIPBOARD + 1))],
    ["a zlib bomb", clipboardWord(PROVIDE | TEXT, deflateSync(Buffer.alloc(40_000_000)))],
    ["no zlib", clipboardWord(PROVIDE | TEXT, Buffer.from("plain"))],
    ["no text", clipboardWord(PROVIDE | 2, deflateSync(Buffer.alloc(8)))],
  ])("refuses %s, and goes on", async (_what, word) => {
    const { display, side } = await withClipboard("both");
    side.write(clipboardWord(NOTIFY | TEXT));
    await seen(() => display.hasText);
    const copying = display.copy();
    await side.word();
    side.write(word);
    await expect(copying).rejects.toMatchObject({ code: "E_CLIPBOARD" });
    await display.paste("still there");
    expect((await side.word()).flags).toBe(NOTIFY | TEXT);
  });

  it("ends with a word over every limit, without taking it in", async () => {
    const { display, side } = await withClipboard("both");
    const head = Buffer.from([3, 0, 0, 0, 0x80, 0, 0, 0, 0x10, 0, 0, 1]); // two gigabytes
    side.write(head);
    await closed(side.stream).catch((cause: unknown) => {
      expect(isMayflyError(cause)).toBe(false);
    });
    expect(side.stream.destroyed).toBe(true);
    expect(display.hasText).toBe(false);
  });
});

/** Waits for what happens in later turns of the event loop. */
async function seen(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
