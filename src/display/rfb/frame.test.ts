import { expect, it } from "vitest";
import { raw, tightFill, update } from "../../../test/support/screen-bytes.ts";
import { isMayflyError } from "../../foundation/index.ts";
import { frame, type Frame } from "./frame.ts";
import { Reader, type Grammar } from "./grammar.ts";

const SIZE = { width: 8, height: 6 };

function read(bytes: Buffer): Frame | string {
  let result: Frame | undefined;
  try {
    const reader = new Reader(
      (function* (): Grammar {
        result = yield* frame(SIZE);
      })(),
      () => undefined,
    );
    for (const byte of bytes) reader.push(Buffer.from([byte]));
  } catch (cause) {
    if (isMayflyError(cause, "E_GUEST_PROTOCOL")) return cause.message;
    throw cause;
  }
  return result ?? "not whole";
}

it("reads a screen of several pictures, cut anywhere", () => {
  const read8 = read(
    update(raw({ x: 0, y: 0, width: 8, height: 3 }), raw({ x: 4, y: 3, width: 4, height: 3 })),
  );
  expect(read8).toMatchObject(SIZE);
  expect(typeof read8 === "object" && read8.pixels.length).toBe(8 * 6 * 4);
});

it("refuses what is beyond the screen, and what was not asked for", () => {
  expect(read(update(raw({ x: 1, y: 0, width: 8, height: 1 })))).toMatch(/beyond its screen/);
  expect(read(update(raw({ x: 0, y: 6, width: 1, height: 1 })))).toMatch(/beyond its screen/);
  expect(read(update(tightFill({ x: 0, y: 0, width: 8, height: 6 })))).toMatch(/not asked for/);
  expect(read(Buffer.from([2, 0, 0, 0]))).toMatch(/something else/);
});
