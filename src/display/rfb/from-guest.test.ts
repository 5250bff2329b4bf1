import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  clipboardWord,
  copy,
  cursor,
  cutText,
  greeting,
  lastRectangle,
  newSize,
  raw,
  rectangle,
  tightFill,
  tightPalette,
  tightPixels,
  update,
} from "../../../test/support/screen-bytes.ts";
import { isMayflyError } from "../../foundation/index.ts";
import { Reader } from "./grammar.ts";
import { PICTURE_ENCODINGS, greetGuest } from "./greeting.ts";
import { pictures } from "./from-guest.ts";
import type { Size } from "./constants.ts";

const SCREEN = { width: 40, height: 30 };

interface Heard {
  readonly passed: Buffer;
  readonly size: Size;
  readonly fault: string | undefined;
}

/** What passes of `bytes` that come in these pieces. */
function hear(pieces: readonly Buffer[]): Heard {
  const passed: Uint8Array[] = [];
  let size: Size = SCREEN;
  let fault: string | undefined;
  const reader = new Reader(
    pictures(SCREEN, (next) => (size = next)),
    (bytes) => passed.push(Buffer.from(bytes)),
  );
  try {
    for (const piece of pieces) reader.push(piece);
  } catch (cause) {
    if (!isMayflyError(cause, "E_GUEST_PROTOCOL")) throw cause;
    fault = cause.message;
  }
  return { passed: Buffer.concat(passed), size, fault };
}

function faultOf(...bytes: readonly Buffer[]): string {
  return hear([Buffer.concat(bytes)]).fault ?? expect.fail("should not have passed");
}

const inside = fc.record({ x: fc.nat(39), y: fc.nat(29) }).chain(({ x, y }) =>
  fc.record({
    x: fc.constant(x),
    y: fc.constant(y),
    width: fc.integer({ min: 1, max: SCREEN.width - x }),
    height: fc.integer({ min: 1, max: SCREEN.height - y }),
  }),
);
const good = fc.oneof(
  inside.map(raw),
  inside.map((box) => copy(box)).filter((bytes) => bytes.length > 0),
  inside.map(tightFill),
  inside.map(tightPixels),
  fc.tuple(inside, fc.integer({ min: 2, max: 256 })).map(([box, colours]) => tightPalette(box, colours)),
  fc.tuple(fc.nat(40), fc.nat(40)).map(([width, height]) => cursor(width, height)),
);
const message = fc.array(good, { maxLength: 4 }).map((parts) => update(...parts));
const conversation = fc.array(message, { maxLength: 5 }).map((parts) => Buffer.concat(parts));

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const points = [0, ...at.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return points.slice(1).map((end, index) => bytes.subarray(points[index] ?? 0, end));
}

describe("what a guest's screen says", () => {
  it("passes as it is, however it is cut", () => {
    fc.assert(
      fc.property(conversation, fc.array(fc.nat(), { maxLength: 20 }), (bytes, at) => {
        const { passed, size, fault } = hear(cut(bytes, at));
        expect(fault).toBeUndefined();
        expect(size).toEqual(SCREEN);
        expect(passed.equals(bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("passes byte by byte", () => {
    const bytes = update(
      raw({ width: 3 }),
      tightPixels({ width: 20, height: 3 }),
      cursor(9, 2),
      tightPalette({ width: 30 }, 5),
    );
    expect(hear([...bytes].map((byte) => Buffer.from([byte]))).passed).toEqual(bytes);
  });

  it("ends at its last rectangle, whatever number was told", () => {
    const bytes = update(raw({}), lastRectangle(), raw({}), raw({})).subarray(0, 4 + 16 + 12);
    const next = update(tightFill({}));
    expect(hear([bytes, next]).passed).toEqual(Buffer.concat([bytes, next]));
  });

  it("changes its size, and is held to the new one", () => {
    const bytes = update(newSize(100, 100), raw({ x: 90, y: 90 }));
    expect(hear([bytes])).toMatchObject({ passed: bytes, size: { width: 100, height: 100 } });
    expect(faultOf(update(newSize(10, 10), raw({ x: 10 })))).toContain("10 × 10");
  });

  it("drops bells and cut text", () => {
    const picture = update(tightFill({}));
    expect(hear([Buffer.from([2]), cutText("a secret"), picture]).passed).toEqual(picture);
  });

  it.each([
    ["a picture beside the screen", update(raw({ x: 40 }))],
    ["a picture below the screen", update(raw({ y: 29, height: 2 }))],
    ["an empty picture", update(tightFill({ width: 0 }))],
    ["a copy from beside the screen", update(copy({ width: 10 }, 35))],
    ["a screen of 5,000 × 5,000", update(newSize(5000, 5000))],
    ["a screen of nothing", update(newSize(0, 5))],
    ["200 monitors", update(newSize(40, 30, 200))],
    ["a JPEG", update(rectangle(7, {}, Buffer.from([0x90, 1, 0])))],
    ["a PNG", update(rectangle(7, {}, Buffer.from([0xa0, 1, 0])))],
    ["a gradient", update(rectangle(7, {}, Buffer.from([0x40, 2])))],
    ["a palette of one", update(rectangle(7, {}, Buffer.from([0x40, 1, 0])))],
    [
      "more compressed bytes than pixels",
      update(rectangle(7, { width: 4 }, Buffer.from([0, 0xff, 0xff, 0x10]))),
    ],
    ["H.264", update(rectangle(50, {}, Buffer.alloc(8)))],
    ["a name", update(rectangle(-307, {}, Buffer.from([0, 0, 0, 1, 65])))],
    ["an encoding of nobody", update(rectangle(1234, {}, Buffer.alloc(4)))],
    ["a huge pointer", update(cursor(257, 1))],
    ["colours", Buffer.from([1, 0, 0, 0, 0, 1])],
    ["a file transfer", Buffer.from([252, 0, 0, 0])],
    ["a fence", Buffer.from([248, 0, 0, 0])],
    ["two gigabytes of cut text", Buffer.from([3, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff])],
    ["a clipboard that was not asked for", clipboardWord(1 << 27)],
  ])("never passes %s", (_what, bytes) => {
    expect(faultOf(bytes)).toContain("The guest's screen broke its protocol");
  });

  it("comes to an end with any bytes: what passed is what would pass, and nothing is held", () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      conversation,
    );
    let inputs = 0;
    fc.assert(
      fc.property(
        fc.array(noise, { maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.nat(),
        (parts, at, dice) => {
          const bytes = Buffer.concat(parts);
          for (let variant = 0; variant < 10; variant++) {
            const damaged = damage(bytes, variant, dice + variant * 7919);
            const whole = hear([damaged]);
            const pieces = hear(cut(damaged, at));
            inputs++;
            // What passed passes again: a viewer that follows the same grammar agrees on where it is.
            const again = hear([whole.passed]);
            const holds =
              pieces.passed.equals(whole.passed) &&
              pieces.fault === whole.fault &&
              damaged.length >= whole.passed.length &&
              again.fault === undefined;
            if (!holds) expect.fail(damaged.toString("hex"));
          }
        },
      ),
      { numRuns: 1000 },
    );
    expect(inputs).toBe(10_000);
  }, 120_000);
});

function damage(bytes: Buffer, variant: number, dice: number): Buffer {
  if (variant === 0 || bytes.length === 0) return bytes;
  const copied = Buffer.from(bytes);
  const at = dice % bytes.length;
  if (variant < 6) copied[at] = (dice >>> 3) & 0xff;
  else if (variant < 8) copied[at] = (copied[at] ?? 0) ^ (1 << (dice % 8));
  else return Buffer.concat([copied.subarray(0, at), copied.subarray(at + 1)]);
  return copied;
}

describe("a guest's greeting", () => {
  function greet(bytes: Buffer): { answers: Buffer; size: Size | undefined; fault: string | undefined } {
    const answers: Uint8Array[] = [];
    let size: Size | undefined;
    let fault: string | undefined;
    function* grammar(): Generator<never, void, Buffer> {
      size = yield* greetGuest(PICTURE_ENCODINGS) as Generator<never, Size, Buffer>;
    }
    try {
      new Reader(grammar(), (said) => answers.push(said)).push(bytes);
    } catch (cause) {
      if (!isMayflyError(cause, "E_GUEST_PROTOCOL")) throw cause;
      fault = cause.message;
    }
    return { answers: Buffer.concat(answers), size, fault };
  }

  it("gives its size; its name stays there", () => {
    const { size, answers } = greet(greeting(1280, 800, "\u001b]0;evil"));
    expect(size).toEqual({ width: 1280, height: 800 });
    expect(answers.toString("latin1")).not.toContain("evil");
  });

  it.each([
    ["another protocol", Buffer.from("SSH-2.0-evil")],
    ["an old version", Buffer.from("RFB 003.003\n")],
    ["a password", Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 2])])],
    ["a screen over the limit", greeting(5000, 5000)],
    ["no screen", greeting(0, 800)],
    ["a name over the limit", greeting(640, 480, "x".repeat(5000))],
  ])("is refused with %s", (_what, bytes) => {
    expect(greet(bytes).fault).toBeDefined();
  });

  it("tells a reason of the guest's only neutralised", () => {
    const words = Buffer.from("no\u001b[31m way");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(words.length);
    const { fault } = greet(Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([0]), length, words]));
    expect(fault).toContain("no\\u{1b}[31m way");
  });
});
