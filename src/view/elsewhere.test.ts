import { describe, expect, it } from "vitest";
import type { ViewNews } from "../contract/index.ts";
import { Elsewhere } from "./elsewhere.ts";

const A = "https://a.example.org/";
const B = "https://b.example.org/";

/** Pages that open at a path with their number, all that was told, and all that was opened. */
function made(open?: (url: string) => Promise<string>) {
  const told: ViewNews[] = [];
  const opened: string[] = [];
  const elsewhere = new Elsewhere(
    async (url) => {
      opened.push(url);
      return await (open?.(url) ?? Promise.resolve(`view/?id=${opened.length}`));
    },
    (news) => told.push(news),
  );
  return { elsewhere, told, opened };
}

describe("Elsewhere", () => {
  it("tells of each page, by the same number when it is wanted again, and opens none by itself", () => {
    const { elsewhere, told, opened } = made();
    expect(elsewhere.known).toEqual([]);
    for (const url of [A, B, A]) elsewhere.wanted(url);
    expect(told).toEqual([
      { kind: "elsewhere", number: 0, url: A },
      { kind: "elsewhere", number: 1, url: B },
      { kind: "elsewhere", number: 0, url: A },
    ]);
    expect(elsewhere.known).toEqual([{ kind: "elsewhere", number: 1, url: B }]);
    expect(opened).toEqual([]);
  });

  it("opens a page once, however often and from however many tabs", async () => {
    const { elsewhere, opened } = made();
    elsewhere.wanted(A);
    const both = await Promise.all([elsewhere.open(0), elsewhere.open(0)]);
    expect([...both, await elsewhere.open(0)]).toEqual(
      Array(3).fill({ kind: "opened", number: 0, path: "view/?id=1" }),
    );
    expect(opened).toEqual([A]);
    await expect(elsewhere.open(1)).rejects.toMatchObject({ code: "E_USAGE" });
  });

  it("opens one anew that could not be opened before", async () => {
    let hasRoom = false;
    const { elsewhere, opened } = made(async () => {
      await Promise.resolve();
      if (!hasRoom) throw new Error("no room");
      return "there";
    });
    elsewhere.wanted(A);
    await expect(elsewhere.open(0)).rejects.toThrow("no room");
    hasRoom = true;
    expect(await elsewhere.open(0)).toMatchObject({ path: "there" });
    expect(opened).toEqual([A, A]);
  });

  it("tells of so many, says once that there are more, and still knows the ones that it told", () => {
    const { elsewhere, told } = made();
    for (let page = 0; page < 1000; page++) elsewhere.wanted(`${A}${page}`);
    expect(told).toHaveLength(33);
    expect(told.at(-1)).toMatchObject({
      kind: "failed",
      message: expect.stringContaining("More than 32 other sites") as string,
    });
    elsewhere.wanted(`${A}7`);
    expect(told.at(-1)).toEqual({ kind: "elsewhere", number: 7, url: `${A}7` });
  });

  it("shows an address cut, and opens it whole", async () => {
    const { elsewhere, told, opened } = made();
    const long = `${A}${"x".repeat(1000)}`;
    elsewhere.wanted(long);
    const [news] = told;
    expect(news?.kind === "elsewhere" && news.url.length <= 301).toBe(true);
    await elsewhere.open(0);
    expect(opened).toEqual([long]);
  });
});
