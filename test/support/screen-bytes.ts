import { deflateSync } from "node:zlib";

/** Bytes as a guest's screen says them, right or wrong. */
export const VERSION = Buffer.from("RFB 003.008\n");

export function greeting(width: number, height: number, name = "x"): Buffer {
  const init = Buffer.alloc(24);
  init.writeUInt16BE(width, 0);
  init.writeUInt16BE(height, 2);
  init.writeUInt32BE(name.length, 20);
  return Buffer.concat([VERSION, Buffer.from([1, 1]), Buffer.alloc(4), init, Buffer.from(name)]);
}

export function update(...rectangles: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(rectangles.length, 2);
  return Buffer.concat([head, ...rectangles]);
}

export interface Box {
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
}

export function rectangle(
  encoding: number,
  { x = 0, y = 0, width = 1, height = 1 }: Box,
  body: Uint8Array,
): Buffer {
  const head = Buffer.alloc(12);
  for (const [index, value] of [x, y, width, height].entries()) head.writeUInt16BE(value, 2 * index);
  head.writeInt32BE(encoding, 8);
  return Buffer.concat([head, body]);
}

export function raw(box: Box): Buffer {
  return rectangle(0, box, Buffer.alloc((box.width ?? 1) * (box.height ?? 1) * 4, 7));
}

export function copy(box: Box, fromX = 0, fromY = 0): Buffer {
  const from = Buffer.alloc(4);
  from.writeUInt16BE(fromX, 0);
  from.writeUInt16BE(fromY, 2);
  return rectangle(1, box, from);
}

export function tightFill(box: Box): Buffer {
  return rectangle(7, box, Buffer.from([0x80, 1, 2, 3]));
}

/** All pixels, behind zlib where there are enough of them. */
export function tightPixels(box: Box): Buffer {
  const pixels = Buffer.alloc((box.width ?? 1) * (box.height ?? 1) * 3, 9);
  if (pixels.length < 12) return rectangle(7, box, Buffer.concat([Buffer.from([0]), pixels]));
  const data = deflateSync(pixels);
  return rectangle(7, box, Buffer.concat([Buffer.from([0]), compact(data.length), data]));
}

export function tightPalette(box: Box, colours: number): Buffer {
  const { width = 1, height = 1 } = box;
  const bytes = (colours === 2 ? Math.ceil(width / 8) : width) * height;
  const head = Buffer.concat([Buffer.from([0x40, 1, colours - 1]), Buffer.alloc(colours * 3, 5)]);
  const data = bytes < 12 ? Buffer.alloc(bytes) : deflateSync(Buffer.alloc(bytes));
  return rectangle(7, box, Buffer.concat([head, ...(bytes < 12 ? [] : [compact(data.length)]), data]));
}

export function compact(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x4000) return Buffer.from([(length & 0x7f) | 0x80, length >> 7]);
  return Buffer.from([(length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14]);
}

export function cursor(width: number, height: number): Buffer {
  return rectangle(-239, { width, height }, Buffer.alloc(width * height * 4 + Math.ceil(width / 8) * height));
}

export function newSize(width: number, height: number, screens = 1): Buffer {
  return rectangle(
    -308,
    { width, height },
    Buffer.concat([Buffer.from([screens, 0, 0, 0]), Buffer.alloc(16 * screens)]),
  );
}

export function lastRectangle(): Buffer {
  return rectangle(-224, {}, Buffer.alloc(0));
}

export function cutText(text: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(3, 0);
  head.writeInt32BE(text.length, 4);
  return Buffer.concat([head, Buffer.from(text, "latin1")]);
}

/** A word of the extended clipboard. */
export function clipboardWord(flags: number, data: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt8(3, 0);
  head.writeInt32BE(-(4 + data.length), 4);
  head.writeUInt32BE(flags >>> 0, 8);
  return Buffer.concat([head, data]);
}
