import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { VECTORS } from "../../../test/vectors/generate.ts";

const FOLDER = new URL("../../../test/vectors/agent/", import.meta.url);
const INDEX = VECTORS.map(({ name, type, stream }) => `${name} ${type} ${stream}\n`).join("");

if (process.env["UPDATE_VECTORS"] === "1") {
  writeFileSync(new URL("index.txt", FOLDER), INDEX);
  for (const { name, bytes, fields } of VECTORS) {
    writeFileSync(new URL(`${name}.bin`, FOLDER), bytes);
    writeFileSync(new URL(`${name}.txt`, FOLDER), fields);
  }
}

describe("golden vectors", () => {
  it("lists exactly the vectors of the codec", () => {
    expect(readFileSync(new URL("index.txt", FOLDER), "utf8")).toBe(INDEX);
  });

  it.each(VECTORS)("$name is encoded and decoded as frozen", ({ name, bytes, fields }) => {
    expect(Buffer.from(bytes).toString("hex")).toBe(
      readFileSync(new URL(`${name}.bin`, FOLDER)).toString("hex"),
    );
    expect(fields).toBe(readFileSync(new URL(`${name}.txt`, FOLDER), "utf8"));
  });
});
