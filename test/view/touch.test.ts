import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, CDPSession } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accessibilityProblems, keepPicture, openBrowser, openTab, seen } from "./eyes.ts";
import { Shown, program } from "./show.ts";

let browser: Browser;
let out: string;
beforeAll(async () => {
  browser = await openBrowser();
  out = mkdtempSync(join(tmpdir(), "mayfly-touch-"));
});
afterAll(async () => {
  await browser.close();
  rmSync(out, { recursive: true, force: true });
});

/** A telephone: fine, narrow, and nothing but a glass. */
const TELEPHONE = {
  viewport: { width: 400, height: 700 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Fingers that go down, move together, and go up. */
async function drag(glass: CDPSession, fingers: readonly Point[], by: Point): Promise<void> {
  const at = (part: number): Point[] =>
    fingers.map(({ x, y }) => ({ x: x + by.x * part, y: y + by.y * part }));
  await glass.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(0) });
  for (const part of [0.25, 0.5, 0.75, 1])
    await glass.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(part) });
  await glass.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
}

it(
  "is used by fingers: tapped, dragged, scrolled, and typed into by the glass's own keyboard",
  { timeout: 400_000 },
  async () => {
    await using shown = await Shown.open();
    const { view, url } = shown.form({ out }, program("pad.py"));
    const { page } = await openTab(await browser.newContext(TELEPHONE), url);
    await view.ready;
    await seen(page, /MENU/);
    const glass = await page.context().newCDPSession(page);
    const corner = async (): Promise<Point> =>
      (await page.locator(".screen canvas").boundingBox()) ?? { x: 0, y: 0 };
    // Again until it takes, as a person would: on a busy machine the view may still find its size.
    await seen(page, /PRESSED/, {
      before: async () => {
        const { x, y } = await corner();
        await page.touchscreen.tap(x + 150, y + 100);
      },
    });
    const { x, y } = await corner();
    const ground = { x: x + 150, y: y + 250 };
    await drag(glass, [ground], { x: 0, y: 100 });
    await drag(glass, [ground, { ...ground, x: ground.x + 60 }], { x: 0, y: -110 });
    await page.getByLabel("Keyboard").tap();
    expect(await accessibilityProblems(page)).toEqual([]);
    await keepPicture(page, "telephone");
    await page.keyboard.insertText("Grüße, Привет 5 € 😀");
    await page.keyboard.press("Enter");
    // A word that is put together letter by letter, corrected, and accepted: as keyboards of telephones give it.
    for (const text of ["h", "he", "hell", "hello"])
      await glass.send("Input.imeSetComposition", {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      });
    await glass.send("Input.insertText", { text: "help" });
    await page.keyboard.insertText(" me");
    await page.keyboard.press("Backspace");
    await page.keyboard.insertText("y");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    await view.ended;
    const told = readFileSync(join(out, "done.txt"), "utf8").trim().split("\n");
    const letGo = told.findIndex((line) => line.startsWith("let go at"));
    expect(new Set(told.slice(0, letGo))).toEqual(new Set(["button"]));
    expect(told.slice(letGo + 1)).toEqual(["down", "down", "typed Grüße, Привет 5 € 😀", "typed help my"]);
  },
);
