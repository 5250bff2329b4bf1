import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getAttribute } from "@napi-rs/xattr";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { TaskResult, ViewNews } from "../../src/contract/index.ts";
import { MOST_TABS } from "../../src/display/index.ts";
import { leftovers } from "../support/leftovers.ts";
import { accessibilityProblems, keepPicture, openBrowser, openTab, seen } from "./eyes.ts";
import { Shown, program } from "./show.ts";

let browser: Browser;
let shown: Shown;
let context: BrowserContext;
let out: string;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
});
beforeEach(async () => {
  shown = await Shown.open();
  out = mkdtempSync(join(tmpdir(), "mayfly-view-"));
  context = await browser.newContext({
    viewport: { width: 900, height: 640 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
});
afterEach(async () => {
  await context.close();
  await shown[Symbol.asyncDispose]();
  rmSync(out, { recursive: true, force: true });
});

/** Where the form's buttons are on a screen of 900 pixels. */
const SAVE = { x: 449, y: 119 };
const COPY = { x: 449, y: 177 };
const FLOOD = { x: 449, y: 235 };
const CLOSE = { x: 449, y: 293 };

async function click(page: Page, position: { x: number; y: number }): Promise<void> {
  await page.locator(".screen canvas").click({ position });
}

/** Clicks, and again every few seconds, until `done` settles. */
async function pressing<T>(page: Page, position: { x: number; y: number }, done: Promise<T>): Promise<T> {
  await click(page, position);
  const again = setInterval(() => void click(page, position).catch(() => undefined), 5000);
  try {
    return await done;
  } finally {
    clearInterval(again);
  }
}

function expectGone(result: TaskResult): void {
  expect(result.disposal.complete).toBe(true);
  expect(leftovers([result.id])).toEqual([]);
}

describe("a live view", { timeout: 400_000 }, () => {
  it("shows what is inside, takes keys, fills the tab, is there again after a reload, and ends with its window", async () => {
    const { view, url } = shown.form();
    const { page, requests, errors } = await openTab(context, url);
    await view.ready;
    await seen(page, /SCALE 1/);
    await page.keyboard.type("Zebra 42");
    await seen(page, /Zebra 42/);
    await keepPicture(page, "form");
    await expectFits(page);
    await page.setViewportSize({ width: 700, height: 560 });
    await expect.poll(async () => await canvasWidth(page), { timeout: 60_000 }).toBe(700);
    await expectFits(page);
    await page.reload();
    await seen(page, /Zebra 42/);
    const origin = new URL(url).origin;
    expect(requests.filter((each) => !each.startsWith(origin) && !each.startsWith("data:"))).toEqual([]);
    await page.setViewportSize({ width: 900, height: 640 });
    await expect.poll(async () => await canvasWidth(page), { timeout: 60_000 }).toBe(900);
    // The canvas has its size before the window inside has laid out its buttons anew: a person would click again.
    const result = await pressing(page, CLOSE, view.ended);
    expect(result.outcome).toEqual({ kind: "exited", code: 0 });
    await page.getByText(/Its micro-VM is gone: \d+ of \d+/).waitFor();
    await keepPicture(page, "ended");
    expect(errors.filter((each) => !each.includes("favicon"))).toEqual([]);
    expectGone(result);
  });

  it("lets text and files pass as the policy says, when a person asks", async () => {
    const { view, url } = shown.form({ out, policy: { clipboard: "both" } });
    const { page } = await openTab(context, url);
    await view.ready;
    await page.evaluate("navigator.clipboard.writeText('Grüße 7')");
    await page.getByRole("button", { name: "Paste in" }).click();
    await page.getByText("The text is in the micro-VM").waitFor();
    await page.locator(".screen canvas").focus();
    // Keys go another way than the clipboard and may be there before it: a person would press again too.
    await seen(page, /Gr.{1,2}e 7/, {
      before: async () => {
        await page.keyboard.press("Control+v");
      },
    });
    await click(page, SAVE);
    await seen(page, /SAVED/);
    await page.getByRole("button", { name: "Files" }).click();
    await page.getByRole("button", { name: "Save note.txt" }).click();
    await page.getByText(`Saved: ${join(out, "note.txt")}`).waitFor();
    await keepPicture(page, "files");
    expect(await accessibilityProblems(page)).toEqual([]);
    const note = readFileSync(join(out, "note.txt"), "utf8");
    expect(note).toMatch(/^(Grüße 7)+$/);
    const mark = await getAttribute(join(out, "note.txt"), "user.mayfly.origin").catch(() => undefined);
    if (mark !== undefined) expect(JSON.parse(String(mark))).toMatchObject({ name: "note.txt" });
    await page.getByRole("button", { name: "Close" }).first().click();
    // What floods the clipboard inside never gets into ours by itself.
    await click(page, FLOOD);
    await seen(page, /FLOODED/);
    await page.locator("button", { hasText: "Copy out" }).and(page.locator(":enabled")).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe("Grüße 7");
    await click(page, COPY);
    await seen(page, /COPIED/);
    await page.getByRole("button", { name: "Copy out" }).click();
    await page.getByText(/Copied \d+ characters/).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(note);
    await page.getByRole("button", { name: "End" }).click();
    await page.getByRole("button", { name: "End it" }).click();
    const result = await view.ended;
    expect(result.outputs).toEqual([{ path: "note.txt", bytes: Buffer.byteLength(note) }]);
    expect(readdirSync(out)).toEqual(["note.txt"]);
    expectGone(result);
  });

  it("is accessible, narrow and dark too", async () => {
    const { view, url } = shown.form({ out, policy: { clipboard: "both" } });
    const { page } = await openTab(context, url);
    await view.ready;
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width: 360, height: 640 });
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
      await page.getByRole("button", { name: "End" }).click();
      expect(await accessibilityProblems(page)).toEqual([]);
      await keepPicture(page, `narrow-${scheme}`);
      await page.keyboard.press("Escape");
    }
    // The screen takes every key but one chord.
    await page.locator(".screen canvas").focus();
    await page.keyboard.press("Control+Alt+Home");
    expect(await page.evaluate("document.activeElement?.tagName")).toBe("BUTTON");
    expectGone(await view.end());
  });

  it("tells of a guest whose screen lies, and ends all the same", async () => {
    const { view, url } = shown.form({}, program("liar.py"));
    const { page } = await openTab(context, url);
    await view.ready;
    await page.reload();
    await page.getByText(/5000 × 5000 pixels; at most 4096/).waitFor();
    await keepPicture(page, "liar");
    expectGone(await view.end());
  });

  it("is shown to a few tabs of its own server's session, and to nobody else", async () => {
    const { view, url } = shown.form();
    const { page } = await openTab(context, url);
    const cookie = (await context.cookies(page.url()))
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
    const origin = new URL(url).origin;
    const socket = `${page
      .url()
      .replace(/\/view\/.*/, "/view/")
      .replace(/^http/, "ws")}${view.id}/socket`;
    await view.ready;
    expect(await refusal(socket, { cookie, origin: "http://evil.example" })).toBe(403);
    expect(await refusal(socket, { cookie, origin, host: "rebound.example" })).toBe(403);
    expect(await refusal(socket, { origin })).toBe(403);
    expect(await refusal(socket, { cookie })).toBe(403);
    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto(url);
    expect(await stranger.textContent("body")).toContain("not good any more");
    const told = await Promise.all(
      Array.from({ length: 50 }, async () => await screenOrFailure(socket, { cookie, origin })),
    );
    const refused = told.filter((each) => each !== "screen");
    expect(told.length - refused.length).toBeLessThan(MOST_TABS); // the page has one
    expect(refused.some((each) => each.includes("tabs show this screen already"))).toBe(true);
    await seen(page, /Save/); // whoever came first goes on
    expectGone(await view.end());
  });
});

async function canvasWidth(page: Page): Promise<unknown> {
  return await page.evaluate("document.querySelector('.screen canvas')?.width");
}

async function expectFits(page: Page): Promise<void> {
  const [screen, canvas] = await page.evaluate<[number[], number[]]>(
    "[(({width, height}) => [width, height])(document.querySelector('.screen').getBoundingClientRect()), (({width, height}) => [width, height])(document.querySelector('.screen canvas'))]",
  );
  expect(canvas).toEqual(screen.map(Math.floor));
}

/** The status with which an upgrade is refused; 101 where it is not. */
async function refusal(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return await new Promise((resolve, reject) => {
    const asking = request(url.replace(/^ws/, "http"), {
      headers: { ...HANDSHAKE, ...headers },
      agent: false, // what was refused is closed: its connection must not be tried again
    });
    asking.on("upgrade", (_response, stream) => {
      stream.destroy();
      resolve(101);
    });
    asking.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asking.on("error", reject);
    asking.end();
  });
}

const HANDSHAKE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** What a tab gets that asks for the screen: its first bytes, or why not. It stays open. */
async function screenOrFailure(url: string, headers: { cookie: string; origin: string }): Promise<string> {
  const socket = new WebSocket(url, { headers });
  return await new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => {
      socket.send(JSON.stringify({ act: "size", width: 900, height: 600, scale: 1 }));
    });
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) {
        resolve("screen");
        return;
      }
      const news = JSON.parse(data.toString()) as ViewNews;
      if (news.kind === "failed") resolve(news.message);
    });
  });
}
