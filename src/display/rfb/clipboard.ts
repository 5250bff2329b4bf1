import { constants, deflateSync, inflateSync } from "node:zlib";
import { attempt, neutraliseText } from "../../foundation/index.ts";
import { MOST_CLIPBOARD, MOST_CUT_TEXT } from "../limits.ts";
import { screenViolation } from "../violation.ts";
import { CLIENT_CUT_TEXT } from "./constants.ts";
import { drop, take, type Grammar } from "./grammar.ts";

/** The extended clipboard: text in UTF-8 that is announced, and comes only when it is asked for. */
const TEXT = 1;
const CAPS = 1 << 24;
const REQUEST = 1 << 25;
const NOTIFY = 1 << 27;
const PROVIDE = 1 << 28;

/** Line ends may double, and zlib adds a little to what cannot be compressed. */
const MOST_MESSAGE = 2 * MOST_CLIPBOARD + 1024;

/** What a guest's clipboard says. */
export interface ClipboardEvents {
  /** It can be spoken with. */
  readonly met: () => void;
  /** It has text, or has none any more. */
  readonly offered: (hasText: boolean) => void;
  /** A program wants the text that it was offered. */
  readonly wanted: () => void;
  /** What was asked for; undefined where it was too long or no text. Neutralised. */
  readonly given: (text: string | undefined) => void;
}

/** Reads what follows the type of cut text. */
export function clipboardTalk(on: ClipboardEvents): () => Grammar {
  return function* () {
    const length = (yield* take(7)).readInt32BE(3);
    if (length >= 0) {
      if (length > MOST_CUT_TEXT) throw screenViolation("cut text over its limit");
      yield* drop(length);
      return;
    }
    if (-length < 4) throw screenViolation("an empty word of its clipboard");
    const flags = (yield* take(4)).readUInt32BE();
    const rest = -length - 4;
    if (rest > MOST_MESSAGE) {
      if (-length > MOST_CUT_TEXT) throw screenViolation("a clipboard over its limit");
      yield* drop(rest);
      if ((flags & PROVIDE) !== 0) on.given(undefined);
      return;
    }
    const data = yield* take(rest);
    if ((flags & CAPS) !== 0) on.met();
    else if ((flags & NOTIFY) !== 0) on.offered((flags & TEXT) !== 0);
    else if ((flags & REQUEST) !== 0) on.wanted();
    else if ((flags & PROVIDE) !== 0) on.given((flags & TEXT) === 0 ? undefined : readText(data));
  };
}

/** Says what we understand: text, when it was asked for. */
export function clipboardCaps(): Buffer {
  const most = Buffer.alloc(4); // 0: nothing that was not asked for
  return message(CAPS | TEXT | REQUEST | NOTIFY | PROVIDE, most);
}

export function clipboardRequest(): Buffer {
  return message(REQUEST | TEXT);
}

export function clipboardOffer(): Buffer {
  return message(NOTIFY | TEXT);
}

/** @param text at most `MOST_CLIPBOARD` bytes; whoever calls checks */
export function clipboardText(text: string): Buffer {
  const bytes = Buffer.from(`${text.replaceAll(/\r?\n/g, "\r\n")}\0`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return message(PROVIDE | TEXT, deflateSync(Buffer.concat([length, bytes])));
}

function message(flags: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt8(CLIENT_CUT_TEXT, 0);
  head.writeInt32BE(-(4 + data.length), 4);
  head.writeUInt32BE(flags >>> 0, 8);
  return Buffer.concat([head, data]);
}

/** TigerVNC flushes its stream and does not end it. */
const INFLATE = { maxOutputLength: 2 * MOST_CLIPBOARD + 8, finishFlush: constants.Z_SYNC_FLUSH };

function readText(data: Buffer): string | undefined {
  const plain = attempt(() => inflateSync(data, INFLATE), "told as no text");
  if (plain === undefined || plain.length < 4 || plain.length < 4 + plain.readUInt32BE()) return undefined;
  const bytes = plain.subarray(4, 4 + plain.readUInt32BE());
  const text = bytes
    .toString("utf8")
    .replace(/\0[\s\S]*$/, "")
    .replaceAll("\r\n", "\n");
  return Buffer.byteLength(text) > MOST_CLIPBOARD ? undefined : neutraliseText(text);
}
