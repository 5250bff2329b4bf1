import { expect, it } from "vitest";
import { age } from "./age.ts";
import { table } from "./table.ts";
import { shorten, widthOf } from "./width.ts";
import { wrap } from "./wrap.ts";

it("aligns columns, wide characters counted twice", () => {
  expect(
    table(
      [
        ["NAME", "N"],
        ["日本", "10"],
        ["a", "1"],
      ],
      { right: [1] },
    ),
  ).toEqual(["NAME   N", "日本  10", "a      1"]);
});

it("cuts what does not fit and says so", () => {
  expect(shorten("abcdef", 4)).toBe("abc…");
  expect(shorten("日本語", 4)).toBe("日…");
  expect(widthOf("🙂e\u0301")).toBe(3);
});

it("breaks text at spaces", () => {
  expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrap("", 7)).toEqual([""]);
});

it("tells ages in their largest unit", () => {
  const now = 1_000_000_000_000;
  expect([5, 90, 7200, 200_000, 40_000_000].map((seconds) => age(now - seconds * 1000, now))).toEqual([
    "5 s",
    "1 min",
    "2 h",
    "2 d",
    "1 y",
  ]);
});
