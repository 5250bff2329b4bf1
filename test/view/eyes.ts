import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import sharp from "sharp";
import { picturePath } from "../support/pictures.ts";

/** Debian's Chromium, without a window. Root has no use of its sandbox. */
export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

/** A tab, and every request that its pages make. */
export interface Tab {
  readonly page: Page;
  readonly requests: string[];
  readonly errors: string[];
}

/** How long a person would look for something before giving up, in ms; a loaded machine under emulation is slow. */
const PATIENCE_MS = 240_000;

export async function openTab(context: BrowserContext, url: string): Promise<Tab> {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const requests: string[] = [];
  const errors: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(url);
  return { page, requests, errors };
}

/**
 * Reads what is on the guest's screen, as a person would.
 * @param enlarge letters are recognised best when they are some 30 pixels high
 */
export async function readScreen(page: Page, enlarge = 1): Promise<string> {
  const picture = await page.locator(".screen canvas").screenshot();
  const { width } = await sharp(picture).metadata();
  const input = await sharp(picture)
    .resize({ width: width * enlarge })
    .grayscale()
    .png()
    .toBuffer();
  // One thread: its threads wait for each other by spinning, which is slow where others work too.
  const env = { ...process.env, OMP_THREAD_LIMIT: "1" };
  return execFileSync("tesseract", ["-", "-", "--psm", "11"], {
    input,
    env,
    stdio: ["pipe", "pipe", "ignore"],
  }).toString();
}

/**
 * Looks again and again until the screen says it.
 * @param how.before done before each look
 * @throws Error with what the screen said last
 */
export async function seen(
  page: Page,
  pattern: RegExp,
  { enlarge = 1, before }: { readonly enlarge?: number; readonly before?: () => Promise<void> } = {},
): Promise<string> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    await before?.();
    const text = await readScreen(page, enlarge);
    if (pattern.test(text)) return text;
    await keepPicture(page, "waiting");
    if (performance.now() > giveUpAt)
      throw new Error(`never saw ${String(pattern)}; the screen says: ${text}`);
  }
}

/** Keeps a picture for whoever looks at the tests' results. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: picturePath(name) });
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong with a page as it is now: the rule, and where. The guest's picture is the guest's. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(`${AXE}; undefined`);
  return await page.evaluate(
    "axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`)))",
  );
}
