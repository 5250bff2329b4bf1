import { describe, expect, it } from "vitest";
import { hearComplaints, hearWords, webAddress } from "./words.ts";

/** What is heard of these chunks. */
async function heard(...chunks: readonly string[]): Promise<string[]> {
  const said: string[] = [];
  const listener = { onReady: () => said.push("READY"), onElsewhere: (url: string) => said.push(url) };
  await hearWords(listener)(asOutput(chunks));
  return said;
}

async function complaints(...chunks: readonly string[]): Promise<string[]> {
  const said: string[] = [];
  await hearComplaints((text) => said.push(text))(asOutput(chunks));
  return said;
}

async function* asOutput(chunks: readonly string[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
}

describe("hearWords", () => {
  it("hears that it is ready, and pages of other sites, however the lines come", async () => {
    expect(await heard("rea", "dy\nelse", "where https://a.example.org/x?y\n")).toEqual([
      "READY",
      "https://a.example.org/x?y",
    ]);
    expect(await heard("elsewhere http%3A%2F%2Fa.example.org%2F")).toEqual(["http://a.example.org/"]);
  });

  it("hears nothing else", async () => {
    const long = "x".repeat(20_000);
    expect(
      await heard(
        ...["READY\n", "ready \n", `ready${long}\n`, "elsewhere javascript:alert(1)\n", "elsewhere %\n"],
        ...["elsewhere https://me:secret@a.example.org/\n", `elsewhere https://a.example.org/${long}\n`],
      ),
    ).toEqual([]);
  });
});

describe("webAddress", () => {
  it("is in one form, of ASCII only", () => {
    expect(webAddress("https://bücher.example/ä b")).toBe("https://xn--bcher-kva.example/%C3%A4%20b");
    expect(webAddress("file:///etc/passwd")).toBeUndefined();
  });
});

describe("hearComplaints", () => {
  it("gives lines for people: neutralised, cut, and only the first", async () => {
    expect(await complaints("\n  the browser", " crashed\n\n", "\u001b]0;x\u0007 grüß")).toEqual([
      "the browser crashed",
      "\\u{1b}]0;x\\u{7} grüß",
    ]);
    const many = await complaints("no\n".repeat(100_000));
    expect(many).toHaveLength(20);
    const [long = ""] = await complaints("y".repeat(1_000_000));
    expect(long.length).toBeLessThanOrEqual(301);
  });
});
