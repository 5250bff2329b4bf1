import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGlob, expandBraces } from "./glob.ts";

/** The same thing said as a regular expression, which is quick enough for short texts. */
function asRegExp(pattern: string): RegExp {
  const parts = pattern.split(/(\*\*?|\?)/).map((part) => {
    if (part === "**") return "[^]*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : part.replace(/[.+^${}()|[\]\\/]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`);
}

describe("a glob", () => {
  it.each([
    ["/etc/cron.d/*", "/etc/cron.d/job", true],
    ["/etc/cron.d/*", "/etc/cron.d/a/b", false],
    ["/etc/**", "/etc/a/b", true],
    ["**/.ssh/id_*", "/home/user/.ssh/id_rsa", true],
    ["**/.ssh/id_*", "/home/user/ssh/id_rsa", false],
    ["/etc/rc?.d/*", "/etc/rc3.d/S01x", true],
    ["/etc/rc?.d/*", "/etc/rc/.d/S01x", false],
    ["[kworker**", "[kworker/0:1]", true],
    ["a", "a", true],
    ["a", "b", false],
    ["**", "", true],
  ])("%s against %s: %s", (pattern, text, expected) => {
    expect(compileGlob(pattern)(text)).toBe(expected);
  });

  it("says what the same regular expression says", () => {
    const letters = (each: string): fc.Arbitrary<string> =>
      fc.array(fc.constantFrom(...each.split("")), { maxLength: 9 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(letters("ab/.*?"), letters("ab/.["), (pattern, text) => {
        const usual = pattern.replace(/\*{3,}/g, "**");
        expect(compileGlob(usual)(text)).toBe(asRegExp(usual).test(text));
      }),
      { numRuns: 3000 },
    );
  });

  it("takes its time in proportion to text and pattern, where a regular expression would never end", () => {
    const pattern = `${"**a".repeat(30)}b`;
    expect(compileGlob(pattern)(`${"a".repeat(4096)}c`)).toBe(false);
  });

  it("writes out what is in braces", () => {
    expect(expandBraces("/{a,b}/{,c}")).toEqual(["/a/", "/a/c", "/b/", "/b/c"]);
    expect(expandBraces("plain")).toEqual(["plain"]);
    for (const wrong of ["{a", "a}", "{a,{b,c}}", "{0,1,2,3,4,5,6,7,8}".repeat(2)])
      expect(expandBraces(wrong)).toBeUndefined();
  });
});
