import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getAttribute, setAttribute } from "@napi-rs/xattr";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { leftovers } from "../support/leftovers.ts";
import { mountTmpfs, remove } from "../support/private-store.ts";
import { keepPicture, openBrowser, openTab } from "./eyes.ts";
import { Shown } from "./show.ts";

const LARGE = 512 * 1024;
/** Leaves a small file and one that is larger than the room, and stays. */
const LEAVES = [
  "sh",
  "-c",
  `read -r scale; echo small > /out/a.txt; head -c ${LARGE} /dev/zero > /out/large; echo ready; exec sleep 1000`,
];

let browser: Browser;
let place: string;
let mounted: Disposable | undefined;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
});
beforeEach(() => {
  place = join(mkdtempSync(join(tmpdir(), "mayfly-full-")), "disk");
});
afterEach(() => {
  mounted?.[Symbol.dispose]();
  remove(join(place, ".."));
});

/** Fills all but `room` bytes. */
function fill(room: number): void {
  const { bavail, bsize } = statfsSync(place);
  writeFileSync(join(place, "filler"), Buffer.alloc(bavail * bsize - room));
}

async function save(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: `Save ${name}` }).click();
}

describe("a live view whose directory is on a full disk", { timeout: 400_000 }, () => {
  it("says so, leaves nothing half-written, and saves when there is room again", async ({ skip }) => {
    mounted = mountTmpfs(place, "size=1M");
    if (mounted === undefined) skip("it takes a file system of its own, which only root can mount");
    fill(LARGE / 2);
    await using shown = await Shown.open();
    const { view, url } = shown.form({ out: place }, LEAVES);
    const { page } = await openTab(await browser.newContext(), url);
    await view.ready;
    await page.getByRole("button", { name: "Files" }).click();
    await save(page, "large");
    await page.getByText(/Could not write .*large: ENOSPC\. Make room/).waitFor();
    await keepPicture(page, "disk-full");
    expect(files()).toEqual(["filler"]);
    rmSync(join(place, "filler"));
    await save(page, "large");
    await page.getByText(`Saved: ${join(place, "large")}`).waitFor();
    const result = await view.end();
    expect(result.outputs).toEqual([
      { path: "a.txt", bytes: 6 },
      { path: "large", bytes: LARGE },
    ]);
    expect(result.disposal.complete).toBe(true);
    expect(readdirSync(place).sort()).toEqual(["a.txt", "large"]);
  });

  it("ends, tells what came out and what did not, and marks what did", async ({ skip }) => {
    mounted = mountTmpfs(place, "size=1M");
    if (mounted === undefined) skip("it takes a file system of its own, which only root can mount");
    fill(LARGE / 2);
    await using shown = await Shown.open();
    const { view, url } = shown.form({ out: place }, LEAVES);
    const { page } = await openTab(await browser.newContext(), url);
    await view.ready;
    const result = await view.end();
    expect(result.outcome).toMatchObject({
      kind: "failed",
      code: "E_DISK_FULL",
      message: expect.stringContaining(join(place, "large")) as string,
    });
    expect(result.exitCode).toBe(74);
    expect(result.outputs).toEqual([{ path: "a.txt", bytes: 6 }]);
    expect(readdirSync(place).sort()).toEqual(["a.txt", "filler"]);
    expect(readFileSync(join(place, "a.txt"), "utf8")).toBe("small\n");
    if (await keepsMarks())
      expect(String(await getAttribute(join(place, "a.txt"), "user.mayfly.origin"))).toContain("a.txt");
    await page.getByText(/Could not write .*large: ENOSPC\. .*Its micro-VM is gone/).waitFor();
    expect(result.disposal.complete).toBe(true);
    expect(leftovers([result.id])).toEqual([]);
  });

  it("says so where there is no room for one more name", async ({ skip }) => {
    mounted = mountTmpfs(place, "size=1M,nr_inodes=4");
    if (mounted === undefined) skip("it takes a file system of its own, which only root can mount");
    await using shown = await Shown.open();
    const { view, url } = shown.form({ out: place }, LEAVES);
    const { page } = await openTab(await browser.newContext(), url);
    await view.ready;
    for (const name of ["1", "2", "3"]) mkdirSync(join(place, name));
    await page.getByRole("button", { name: "Files" }).click();
    await save(page, "a.txt");
    await page.getByText(/Could not write .*: ENOSPC\. Make room/).waitFor();
    const result = await view.end();
    expect(result.outcome).toMatchObject({ kind: "failed", code: "E_DISK_FULL" });
    expect(result.disposal.complete).toBe(true);
    expect(readdirSync(place).sort()).toEqual(["1", "2", "3"]);
  });
});

/** Files, and what is in the directories that Mayfly made for what is not finished. */
function files(): string[] {
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

async function keepsMarks(): Promise<boolean> {
  return await setAttribute(join(place, "filler"), "user.mayfly.test", "x").then(
    () => true,
    () => false,
  );
}
