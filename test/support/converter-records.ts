/** Writes what a converter says, true or not, as bytes. */
export function record(letter: string, content: Uint8Array | string, length?: number): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(5);
  header.write(letter, "latin1");
  header.writeUInt32BE(length ?? bytes.length, 1);
  return Buffer.concat([header, bytes]);
}

export function json(letter: string, value: unknown): Buffer {
  return record(letter, JSON.stringify(value));
}

interface PageShape {
  readonly number?: number;
  readonly width?: number;
  readonly height?: number;
  readonly dpi?: number;
  /** Bytes that come, where that is not what the size says. */
  readonly bytes?: number;
  /** Length that the header says. */
  readonly length?: number;
}

export function page({
  number = 1,
  width = 4,
  height = 2,
  dpi = 100,
  bytes,
  length,
}: PageShape = {}): Buffer {
  const header = Buffer.alloc(16);
  [number, width, height, dpi].forEach((value, index) => header.writeUInt32BE(value, index * 4));
  const pixels = Buffer.alloc(bytes ?? width * height * 3, 200);
  return record("P", Buffer.concat([header, pixels]), length);
}

export const END = record("E", "");

/** Gives bytes in pieces of one size, as a pipe might. */
export async function* inPieces(bytes: Buffer, size = 7): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}
