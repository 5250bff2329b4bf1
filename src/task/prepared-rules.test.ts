import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { MATRIX, shippedRules } from "../../test/support/shipped-rules.ts";
import { compileRules, type WrittenRule } from "../findings/index.ts";
import { prepareRules } from "./prepared-rules.ts";

it("rules that were read ahead of time are those that their files have", async () => {
  const names = readdirSync("rules").sort();
  const prepared = JSON.parse(await prepareRules(names.map((name) => `rules/${name}`))) as Record<
    string,
    readonly WrittenRule[]
  >;
  const compiled = Object.values(prepared).map((written, i) =>
    compileRules(written, { file: `rules/${names[i] ?? ""}`, matrix: MATRIX }),
  );
  const parsed = [...(await shippedRules()).values()];
  expect(Object.keys(prepared).every((digest) => /^[0-9a-f]{64}$/.test(digest))).toBe(true);
  expect(JSON.stringify(compiled)).toBe(JSON.stringify(parsed));
});
