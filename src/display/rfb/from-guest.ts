import { MOST_CURSOR_SIDE, MOST_CUT_TEXT, MOST_SCREENS } from "../limits.ts";
import { screenViolation } from "../violation.ts";
import {
  BELL,
  COPY,
  CURSOR,
  EXTENDED_DESKTOP_SIZE,
  LAST_RECTANGLE,
  PIXEL_BYTES,
  RAW,
  SERVER_CUT_TEXT,
  TIGHT,
  UPDATE,
  type Size,
} from "./constants.ts";
import { drop, pass, say, take, type Grammar } from "./grammar.ts";
import { admitSize } from "./greeting.ts";
import { tightPixels } from "./tight.ts";

interface Rectangle extends Size {
  readonly x: number;
  readonly y: number;
  readonly encoding: number;
}

/** A change of size was asked for by this connection and refused. */
const ASKED_HERE = 1;
const SCREEN_BYTES = 16;

/**
 * What a guest's screen says after the greeting: pictures, its size, its pointer. That passes, when it is as it must be;
 * bells are dropped; anything else is a violation.
 * @param cutText reads what follows the type of cut text; default: it is dropped
 */
export function* pictures(
  first: Size,
  onSize: (size: Size) => void,
  cutText: () => Grammar = droppedCutText,
): Grammar<never> {
  let size = first;
  for (;;) {
    const type = (yield* take(1)).readUInt8();
    if (type === UPDATE) size = yield* update(size, onSize);
    else if (type === SERVER_CUT_TEXT) yield* cutText();
    else if (type !== BELL) throw screenViolation(`a message of type ${type}`);
  }
}

function* update(first: Size, onSize: (size: Size) => void): Grammar<Size> {
  let size = first;
  const head = yield* take(3);
  yield* say(Buffer.concat([Buffer.from([UPDATE]), head]));
  const count = head.readUInt16BE(1);
  for (let index = 0; index < count; index++) {
    const bytes = yield* take(12);
    const rectangle = readRectangle(bytes);
    const change = judge(rectangle, size);
    yield* say(bytes); // nothing passes before it was judged
    if (rectangle.encoding === LAST_RECTANGLE) return size;
    yield* content(rectangle, size);
    if (change !== undefined) onSize((size = change));
  }
  return size;
}

function readRectangle(head: Buffer): Rectangle {
  return {
    x: head.readUInt16BE(0),
    y: head.readUInt16BE(2),
    width: head.readUInt16BE(4),
    height: head.readUInt16BE(6),
    encoding: head.readInt32BE(8),
  };
}

/** @returns the new size, where that is what it says @throws where nothing of it may pass */
function judge(rectangle: Rectangle, size: Size): Size | undefined {
  const { x, y, width, height, encoding } = rectangle;
  switch (encoding) {
    case RAW:
    case COPY:
    case TIGHT:
      requireInside(rectangle, size);
      return undefined;
    case CURSOR:
      requirePointer(rectangle);
      return undefined;
    case EXTENDED_DESKTOP_SIZE:
      // x says who asked for it, y whether it was refused.
      return x === ASKED_HERE && y !== 0 ? undefined : admitSize(width, height);
    case LAST_RECTANGLE:
      return undefined;
    default:
      throw screenViolation(`a picture in encoding ${encoding}, which was not asked for`);
  }
}

/** What follows a rectangle's head. */
function* content(rectangle: Rectangle, size: Size): Grammar {
  const { width, height, encoding } = rectangle;
  const pixels = width * height;
  if (encoding === RAW) yield* pass(pixels * PIXEL_BYTES);
  else if (encoding === TIGHT) yield* tightPixels(rectangle);
  else if (encoding === CURSOR) yield* pass(pixels * PIXEL_BYTES + Math.ceil(width / 8) * height);
  else if (encoding === EXTENDED_DESKTOP_SIZE) yield* monitors();
  else {
    const from = yield* take(4);
    requireInside({ ...rectangle, x: from.readUInt16BE(0), y: from.readUInt16BE(2) }, size);
    yield* say(from);
  }
}

function requireInside({ x, y, width, height }: Rectangle, size: Size): void {
  // An empty one shows nothing, and viewers differ in what they read of it.
  if (width === 0 || height === 0) throw screenViolation("a picture of no pixels");
  if (x + width > size.width || y + height > size.height)
    throw screenViolation(
      `a picture of ${width} × ${height} pixels at ${x}, ${y} on a screen of ${size.width} × ${size.height}`,
    );
}

/** x and y are the point that points. */
function requirePointer({ x, y, width, height }: Rectangle): void {
  if (width > MOST_CURSOR_SIDE || height > MOST_CURSOR_SIDE)
    throw screenViolation(`a pointer of ${width} × ${height} pixels; at most ${MOST_CURSOR_SIDE} are taken`);
  if (x > width || y > height) throw screenViolation("a pointer that points elsewhere");
}

function* monitors(): Grammar {
  const head = yield* take(4);
  const count = head.readUInt8();
  if (count > MOST_SCREENS) throw screenViolation(`${count} monitors`);
  yield* say(head);
  yield* pass(count * SCREEN_BYTES);
}

function* droppedCutText(): Grammar {
  const bytes = (yield* take(7)).readInt32BE(3);
  if (bytes < 0 || bytes > MOST_CUT_TEXT) throw screenViolation("cut text over its limit");
  yield* drop(bytes);
}
