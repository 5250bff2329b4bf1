import { describe, expect, it } from "vitest";
import { readAct } from "./acts.ts";

describe("readAct", () => {
  it("reads what a page says", () => {
    for (const act of [
      { act: "size", width: 900.5, height: 640, scale: 1.25 },
      { act: "paste", text: "Grüße\n" },
      { act: "copy" },
      { act: "files" },
      { act: "save", id: 0 },
      { act: "elsewhere", number: 3 },
      { act: "end" },
    ])
      expect(readAct(JSON.stringify(act))).toEqual(act);
  });

  it("takes nothing else for an act", () => {
    const size = { act: "size", width: 900, height: 640, scale: 1 };
    for (const said of [
      ...[null, 7, "end", ["end"], {}, { act: "begin" }, { act: "end", more: 1 }],
      ...[
        { ...size, width: 0 },
        { ...size, height: 100_001 },
        { ...size, scale: 0 },
        { ...size, scale: 17 },
      ],
      ...[{ act: "size" }, { ...size, width: "900" }],
      ...[{ act: "save" }, { act: "save", id: -1 }, { act: "save", id: 0.5 }, { act: "save", id: 2 ** 53 }],
      ...[{ act: "paste" }, { act: "paste", text: 7 }, { act: "elsewhere", number: "0" }],
    ])
      expect(readAct(JSON.stringify(said)), JSON.stringify(said)).toBeUndefined();
    for (const text of ["", "{", "end", '{"act":"size","width":1e999,"height":1,"scale":1}'])
      expect(readAct(text), text).toBeUndefined();
  });
});
