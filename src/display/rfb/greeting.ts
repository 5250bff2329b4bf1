import { neutralise } from "../../foundation/index.ts";
import { LONGEST_NAME, MOST_SIDE } from "../limits.ts";
import { screenViolation, viewerViolation } from "../violation.ts";
import {
  COMPRESS_LEVEL_1,
  COPY,
  CURSOR,
  EXTENDED_DESKTOP_SIZE,
  LAST_RECTANGLE,
  PIXEL_FORMAT,
  RAW,
  SECURITY_NONE,
  SET_ENCODINGS,
  SET_PIXEL_FORMAT,
  TIGHT,
  VERSION,
  type Size,
} from "./constants.ts";
import { drop, say, take, type Grammar } from "./grammar.ts";

/** What a tab's connection asks the guest for, in order of preference. */
export const PICTURE_ENCODINGS: readonly number[] = [
  COPY,
  TIGHT,
  RAW,
  EXTENDED_DESKTOP_SIZE,
  LAST_RECTANGLE,
  CURSOR,
  COMPRESS_LEVEL_1,
];

const SHARED = Buffer.from([1]);
const OUR_NAME = Buffer.from("Mayfly");

/**
 * Greets the guest's screen as a viewer, and says what is understood here. What the grammar says goes to the guest.
 * @returns the size that the screen has
 */
export function* greetGuest(encodings: readonly number[]): Grammar<Size> {
  const version = yield* take(VERSION.length);
  if (!version.equals(VERSION)) throw screenViolation("it does not speak RFB 3.8");
  yield* say(VERSION);
  const count = (yield* take(1)).readUInt8();
  if (count === 0) throw screenViolation(`it refused: ${yield* reason()}`);
  const types = yield* take(count);
  if (!types.includes(SECURITY_NONE)) throw screenViolation("it wants a password");
  yield* say(Buffer.from([SECURITY_NONE]));
  if ((yield* take(4)).readUInt32BE() !== 0) throw screenViolation(`it refused: ${yield* reason()}`);
  yield* say(SHARED);
  const head = yield* take(24);
  const size = admitSize(head.readUInt16BE(0), head.readUInt16BE(2));
  const nameBytes = head.readUInt32BE(20);
  if (nameBytes > LONGEST_NAME) throw screenViolation(`its name has ${nameBytes} bytes`);
  yield* drop(nameBytes);
  yield* say(Buffer.concat([Buffer.from([SET_PIXEL_FORMAT, 0, 0, 0]), PIXEL_FORMAT]));
  yield* say(setEncodings(encodings));
  return size;
}

/** @throws E_GUEST_PROTOCOL where it is over the limit */
export function admitSize(width: number, height: number): Size {
  if (width < 1 || height < 1 || width > MOST_SIDE || height > MOST_SIDE)
    throw screenViolation(
      `it says that it has ${width} × ${height} pixels; at most ${MOST_SIDE} × ${MOST_SIDE} are taken`,
    );
  return { width, height };
}

function* reason(): Grammar<string> {
  const bytes = (yield* take(4)).readUInt32BE();
  if (bytes > LONGEST_NAME) return "it gave no short reason";
  return neutralise((yield* take(bytes)).toString("latin1"), 200);
}

function setEncodings(encodings: readonly number[]): Buffer {
  const message = Buffer.alloc(4 + 4 * encodings.length);
  message.writeUInt8(SET_ENCODINGS, 0);
  message.writeUInt16BE(encodings.length, 2);
  for (const [index, encoding] of encodings.entries()) message.writeInt32BE(encoding, 4 + 4 * index);
  return message;
}

/** Greets a viewer as a screen of that size, in one pixel format and by a name of ours. What it says goes to the viewer. */
export function* greetViewer({ width, height }: Size): Grammar {
  yield* say(VERSION);
  if (!(yield* take(VERSION.length)).equals(VERSION)) throw viewerViolation("it does not speak RFB 3.8");
  yield* say(Buffer.from([1, SECURITY_NONE]));
  if ((yield* take(1)).readUInt8() !== SECURITY_NONE) throw viewerViolation("an unknown security type");
  yield* say(Buffer.alloc(4));
  yield* take(1); // whether it shares the screen: it does
  const head = Buffer.alloc(24);
  head.writeUInt16BE(width, 0);
  head.writeUInt16BE(height, 2);
  PIXEL_FORMAT.copy(head, 4);
  head.writeUInt32BE(OUR_NAME.length, 20);
  yield* say(Buffer.concat([head, OUR_NAME]));
}
