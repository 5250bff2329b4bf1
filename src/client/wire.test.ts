import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { Asked, PROTOCOL, Told } from "./wire.ts";

const understands = (schema: v.GenericSchema, said: unknown): boolean => v.safeParse(schema, said).success;
const ask = (job: object): object => ({ type: "ask", protocol: PROTOCOL, settings: {}, job });

describe("what a client says", () => {
  it.each([
    ask({ kind: "open", path: "/a.docx", as: ["pdf"], limits: { memory: 2 ** 30 } }),
    ask({ kind: "open-many", paths: ["/a.docx", "/b.docx"], jobs: 2 }),
    ask({ kind: "capture", address: "example.org", out: "/tmp", policy: { secrets: {} } }),
    ask({ kind: "view", path: "/a.docx", policy: { clipboard: "both", secrets: {} } }),
    { type: "go", terminal: { rows: 24, columns: 80 } },
    { type: "end", view: "k3x9" },
    { type: "credit", channel: "stdout", bytes: 1 },
  ])("is understood: %j", (said) => {
    expect(understands(Asked, said)).toBe(true);
  });

  it.each([
    ask({ kind: "open", path: "a.docx" }),
    ask({ kind: "open", path: `/${"a".repeat(4096)}` }),
    ask({ kind: "view", path: "/a.docx" }),
    ask({ kind: "view", path: "/a.docx", policy: { clipboard: "all", secrets: {} } }),
    ask({ kind: "shutdown" }),
    ask({ kind: "browse", url: "https://example.org/", policy: { secrets: {} }, serve: false }),
    { type: "go", terminal: { rows: 0, columns: 80 } },
    { type: "credit", channel: "stdout", bytes: -1 },
    { type: "look", view: "x".repeat(65) },
  ])("is not: %j", (said) => {
    expect(understands(Asked, said)).toBe(false);
  });
});

describe("what a daemon says", () => {
  it.each([
    { type: "news", news: { news: "page", index: 0, done: 3 } },
    { type: "news", news: { news: "view", view: "k3x9", name: "a.docx", url: "http://127.0.0.1:1/" } },
    { type: "news", news: { news: "picture", view: "k3x9" } },
    { type: "result", result: {} },
  ])("is understood: %j", (said) => {
    expect(understands(Told, said)).toBe(true);
  });

  it("is nothing else, and never throws", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (said) => {
        expect(understands(Told, said)).toBe(false);
        expect(understands(Asked, said)).toBe(false);
      }),
    );
  });
});
