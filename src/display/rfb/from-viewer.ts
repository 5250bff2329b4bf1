import { MOST_CUT_TEXT, MOST_ENCODINGS, MOST_SCREENS } from "../limits.ts";
import { viewerViolation } from "../violation.ts";
import {
  CLIENT_CUT_TEXT,
  KEY,
  PIXEL_FORMAT,
  POINTER,
  SET_DESKTOP_SIZE,
  SET_ENCODINGS,
  SET_PIXEL_FORMAT,
  UPDATE_REQUEST,
} from "./constants.ts";
import { drop, say, take, type Grammar } from "./grammar.ts";

/** Bytes after the type of messages that pass as they are. */
const PASSING: ReadonlyMap<number, number> = new Map([
  [UPDATE_REQUEST, 9],
  [KEY, 7],
  [POINTER, 5],
]);

/**
 * What a viewer says after the greeting: keys, pointer, requests for pictures. The rest is dropped: pixel format and
 * encodings were settled with the guest, sizes and the clipboard go by the page's own acts.
 */
export function* acts(): Grammar<never> {
  for (;;) {
    const head = yield* take(1);
    const type = head.readUInt8();
    const bytes = PASSING.get(type);
    if (bytes !== undefined) yield* say(Buffer.concat([head, yield* take(bytes)]));
    else yield* dropped(type);
  }
}

function* dropped(type: number): Grammar {
  if (type === SET_PIXEL_FORMAT) {
    if (!(yield* take(19)).subarray(3, 16).equals(PIXEL_FORMAT.subarray(0, 13)))
      throw viewerViolation("another pixel format than it was given");
  } else if (type === SET_ENCODINGS) {
    const count = (yield* take(3)).readUInt16BE(1);
    if (count > MOST_ENCODINGS) throw viewerViolation(`${count} encodings`);
    yield* drop(4 * count);
  } else if (type === CLIENT_CUT_TEXT) {
    const bytes = Math.abs((yield* take(7)).readInt32BE(3));
    if (bytes > MOST_CUT_TEXT) throw viewerViolation(`${bytes} bytes of cut text`);
    yield* drop(bytes);
  } else if (type === SET_DESKTOP_SIZE) {
    const screens = (yield* take(7)).readUInt8(5);
    if (screens > MOST_SCREENS) throw viewerViolation(`${screens} monitors`);
    yield* drop(16 * screens);
  } else throw viewerViolation(`a message of type ${type}`);
}
