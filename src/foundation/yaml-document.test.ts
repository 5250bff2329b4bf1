import { describe, expect, it } from "vitest";
import { MayflyError, isMayflyError } from "./errors.ts";
import { readYaml } from "./yaml-document.ts";

const complain = (line: number, what: string): MayflyError => new MayflyError("E_USAGE", `${line}: ${what}`);

function refused(text: string): string {
  try {
    readYaml(text, complain);
  } catch (cause) {
    if (isMayflyError(cause)) return cause.message;
  }
  return expect.fail("should have been refused");
}

describe("readYaml", () => {
  it("remembers the line of everything, and of what lies above what is not there", () => {
    const { value, lineOf } = readYaml("a:\n  - b\n  - c: 1\n    d: 2\n", complain);
    expect(value).toEqual({ a: ["b", { c: 1, d: 2 }] });
    expect([[], ["a", 0], ["a", 1, "d"], ["a", 1, "x"], ["z"]].map(lineOf)).toEqual([1, 2, 4, 3, 1]);
  });

  it("reads JSON", () => {
    expect(readYaml('{\n"a":\n[1]}', complain).lineOf(["a", 0])).toBe(3);
  });

  it("tells what is no YAML with its line", () => {
    expect(refused("a: 1\nb: [\n")).toMatch(/^\d: /);
    expect(refused("a: 1\na: 2\n")).toMatch(/^2: .*unique/i);
    expect(refused("a:\n  - *.example.org\n")).toMatch(/^2: .*quotes: "\*\.example\.org"/);
  });

  it("is not blown up by references to references", () => {
    const levels = Array.from(
      { length: 30 },
      (_, i) => `l${i}: &l${i} [${i === 0 ? "x" : `*l${i - 1},*l${i - 1}`}]`,
    );
    expect(refused(levels.join("\n"))).toMatch(/alias/i);
  });
});
