import { expect, it } from "vitest";
import { SessionEnd } from "./session-end.ts";

function type(...pieces: readonly string[]): { passed: string; ended: number } {
  let ended = 0;
  const keys = new SessionEnd(() => {
    ended++;
  });
  const chunks: Buffer[] = [];
  keys.on("data", (chunk: Buffer) => chunks.push(chunk));
  for (const piece of pieces) keys.write(piece);
  return { passed: Buffer.concat(chunks).toString(), ended };
}

it("passes ordinary keys", () => {
  expect(type("ls ~/x.y\r", "cd ~.\r")).toEqual({ passed: "ls ~/x.y\rcd ~.\r", ended: 0 });
});

it("ends at a tilde and a dot at the beginning of a line", () => {
  expect(type("~.")).toEqual({ passed: "", ended: 1 });
  expect(type("ls\r", "~", ".")).toEqual({ passed: "ls\r", ended: 1 });
});

it("gives back a tilde that something else follows, and one of two", () => {
  expect(type("~/bin\r")).toEqual({ passed: "~/bin\r", ended: 0 });
  expect(type("~~.\r")).toEqual({ passed: "~.\r", ended: 0 });
});
