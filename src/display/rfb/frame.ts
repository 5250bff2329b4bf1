import { screenViolation } from "../violation.ts";
import { PIXEL_BYTES, RAW, UPDATE, UPDATE_REQUEST, type Size } from "./constants.ts";
import { take, type Grammar } from "./grammar.ts";

/** All that a screen shows at one moment: rows of pixels, each of 4 bytes, of which the first three are red, green, blue. */
export interface Frame extends Size {
  readonly pixels: Buffer;
}

/** Asks for the whole screen once. */
export function frameRequest({ width, height }: Size): Buffer {
  const message = Buffer.alloc(10);
  message.writeUInt8(UPDATE_REQUEST, 0);
  message.writeUInt16BE(width, 6);
  message.writeUInt16BE(height, 8);
  return message;
}

/**
 * Reads the answer, of which every pixel comes as it is, as nothing else was said to be understood. What comes before it
 * is a violation: bells and cut text are too rare to be worth a wait.
 * @param size within the limits of screens, so memory is too
 */
export function* frame(size: Size): Grammar<Frame> {
  const pixels = Buffer.alloc(size.width * size.height * PIXEL_BYTES);
  const head = yield* take(4);
  if (head.readUInt8() !== UPDATE)
    throw screenViolation("something else than the picture that was asked for");
  for (let left = head.readUInt16BE(2); left > 0; left--) yield* rectangle({ ...size, pixels });
  return { ...size, pixels };
}

function* rectangle({ width, height, pixels }: Frame): Grammar {
  const head = yield* take(12);
  const [x = 0, y = 0, columns = 0, rows = 0] = [0, 2, 4, 6].map((at) => head.readUInt16BE(at));
  if (head.readInt32BE(8) !== RAW) throw screenViolation("a picture in an encoding that was not asked for");
  if (x + columns > width || y + rows > height) throw screenViolation("a picture beyond its screen");
  for (let row = y; row < y + rows; row++) {
    const bytes = yield* take(columns * PIXEL_BYTES);
    bytes.copy(pixels, (row * width + x) * PIXEL_BYTES);
  }
}
