import { screenViolation } from "../violation.ts";
import { TIGHT_PIXEL_BYTES, type Size } from "./constants.ts";
import { pass, say, take, type Grammar } from "./grammar.ts";

const FILL = 8;
const HAS_FILTER = 4;
const COPY_FILTER = 0;
const PALETTE_FILTER = 1;
/** Less than this comes uncompressed. */
const LEAST_COMPRESSED = 12;

/**
 * Pixels in the Tight encoding: one colour, or all of them or numbers of a palette behind zlib. Its pictures (JPEG, PNG)
 * were not asked for and do not pass: the browser's decoders of those never see a guest's bytes.
 */
export function* tightPixels({ width, height }: Size): Grammar {
  const head = yield* take(1);
  const kind = head.readUInt8() >> 4;
  if (kind > FILL) throw screenViolation(kind === 9 ? "a JPEG" : `a Tight picture of kind ${kind}`);
  if (kind === FILL) {
    yield* say(head);
    yield* pass(TIGHT_PIXEL_BYTES);
    return;
  }
  const hasFilter = (kind & HAS_FILTER) !== 0;
  const filterByte = yield* take(hasFilter ? 1 : 0);
  const filter = hasFilter ? filterByte.readUInt8() : COPY_FILTER;
  if (filter === COPY_FILTER) {
    yield* say(Buffer.concat([head, filterByte]));
    yield* data(width * height * TIGHT_PIXEL_BYTES);
  } else if (filter === PALETTE_FILTER) {
    const count = yield* take(1);
    const colours = count.readUInt8() + 1;
    // A palette of one, which a viewer may take for one of two: nobody makes it.
    if (colours < 2) throw screenViolation("a palette of one colour");
    yield* say(Buffer.concat([head, filterByte, count]));
    yield* pass(colours * TIGHT_PIXEL_BYTES);
    yield* data((colours === 2 ? Math.ceil(width / 8) : width) * height);
  } else throw screenViolation(`Tight filter ${filter}`);
}

/** @param bytes that come out of zlib */
function* data(bytes: number): Grammar {
  if (bytes < LEAST_COMPRESSED) {
    yield* pass(bytes);
    return;
  }
  const [compressed, head] = yield* compactLength();
  // zlib never adds more than this to what cannot be compressed.
  if (compressed > bytes + (bytes >> 8) + 1024)
    throw screenViolation(`${compressed} compressed bytes for ${bytes}`);
  yield* say(head);
  yield* pass(compressed);
}

/** 7, 7 and 8 bits, the low ones first. */
function* compactLength(): Grammar<readonly [number, Buffer]> {
  let length = 0;
  const bytes: Buffer[] = [];
  for (let index = 0; index < 3; index++) {
    const next = yield* take(1);
    bytes.push(next);
    const byte = next.readUInt8();
    length |= (index === 2 ? byte : byte & 0x7f) << (7 * index);
    if (index === 2 || (byte & 0x80) === 0) break;
  }
  return [length, Buffer.concat(bytes)];
}
