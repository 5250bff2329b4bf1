import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../src/foundation/index.ts";

const documented = new Map(
  [...readFileSync("docs/errors.md", "utf8").matchAll(/^\| `(E_[A-Z_]+)` \| (\d+) \|/gm)].map(
    ([, code, exit]) => [code ?? "", Number(exit)],
  ),
);

describe("docs/errors.md", () => {
  it("documents every code with its exit status, and none that does not exist", () => {
    const inCode = new Map(Object.entries(ERROR_CODES).map(([code, { exit }]) => [code, exit]));
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(inCode));
  });
});
