import { expect, it } from "vitest";
import { ScreenFilter } from "./screen-filter.ts";
import { makeVisible, VisibleText } from "./visible-text.ts";

/** What passes, whichever way the bytes are cut. */
function passed(bytes: Buffer, size: number, filter = new ScreenFilter()): string {
  const chunks: Buffer[] = [];
  filter.on("data", (chunk: Buffer) => chunks.push(chunk));
  for (let at = 0; at < bytes.length; at += size) filter.write(bytes.subarray(at, at + size));
  filter.end();
  return Buffer.concat(chunks).toString();
}

const CASES: readonly (readonly [what: string, input: string, output: string])[] = [
  ["text of any language", "héllo, 日本 🙂\r\n\ttab", "héllo, 日本 🙂\r\n\ttab"],
  ["colours and moves", "\u001b[1;31mred\u001b[0m\u001b[2;3H", "\u001b[1;31mred\u001b[0m\u001b[2;3H"],
  ["the clipboard (OSC 52), ended by BEL", "a\u001b]52;c;ZXZpbA==\u0007b", "ab"],
  ["the title, ended by ST", "a\u001b]0;evil\u001b\\b", "ab"],
  ["a hyperlink", "\u001b]8;;https://evil.example\u001b\\bank\u001b]8;;\u001b\\", "bank"],
  ["a device control string", 'a\u001bP$q"p\u001b\\b', "ab"],
  ["a string cut short by another sequence", "a\u001b]0;x\u001b[1mb", "a\u001b[1mb"],
  ["a string that never ends", "a\u001b]0;everything else is gone", "a"],
  ["C1 controls, which terminals obey too", "a\u009d52;c;x\u009cb\u009b5n", "a52;c;xb5n"],
  ["window reports and printing", "a\u001b[21t\u001b[5ib", "ab"],
  ["keyboard protocols", "a\u001b[>1u\u001b[>4;2mb", "ab"],
  ["a line feed that is not to return", "a\nb\r\nc", "a\u001bDb\r\nc"],
  ["escape twice", "a\u001b\u001b]0;x\u0007b", "ab"],
  ["a control amid a sequence", "a\u001b[1\nmb", "a\u001bD\u001b[1mb"],
];

for (const [what, input, output] of CASES) {
  for (const size of [1, 2, 3, 1000]) {
    it(`passes or drops ${what}, in pieces of ${size}`, () => {
      expect(passed(Buffer.from(input), size)).toBe(output);
    });
  }
}

it("bounds a sequence that has no end", () => {
  expect(passed(Buffer.from(`a\u001b[${"1;".repeat(100_000)}b`), 64).length).toBeLessThan(200_000);
});

it("sets back the modes that a program left, and only those", () => {
  const filter = new ScreenFilter();
  passed(
    Buffer.from("\u001b[?1049h\u001b[?25l\u001b[?2004h\u001b[?1000;1006h\u001b[?2004l\u001b[5;10r"),
    7,
    filter,
  );
  const undo = filter.undo();
  for (const sequence of ["\u001b[?1049l", "\u001b[?25h", "\u001b[?1000l", "\u001b[?1006l", "\u001b[r"])
    expect(undo).toContain(sequence);
  expect(undo).not.toContain("2004");
  expect(new ScreenFilter().undo()).not.toContain("1049");
});

it("makes control characters visible and leaves text alone", () => {
  expect(makeVisible("a\u001b[31mred\u0000\u007f\u009bz\tb\r\n")).toBe("a^[[31mred^@^?\\x9bz\tb\r\n");
});

it("joins characters that are cut in two", () => {
  const filter = new VisibleText();
  const chunks: Buffer[] = [];
  filter.on("data", (chunk: Buffer) => chunks.push(chunk));
  const bytes = Buffer.from("ü🙂");
  for (const byte of bytes) filter.write(Buffer.of(byte));
  filter.write(Buffer.of(0xff));
  filter.end();
  expect(Buffer.concat(chunks).toString()).toBe("ü🙂\ufffd");
});
