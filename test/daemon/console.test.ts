import { readFileSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { endStarted } from "../e2e/cli-process.ts";
import { picturePath } from "../support/pictures.ts";
import { seen } from "../view/eyes.ts";
import { OwnDaemon } from "./own-daemon.ts";

const KIB = 1024;
const SLOW = { timeout: 100_000 };
const VIEW = { timeout: 500_000 };

let daemon: OwnDaemon;
let browser: Browser;
let page: Page;
let link: string;
const troubles: string[] = [];
const asked = new Set<string>();

beforeAll(async () => {
  daemon = new OwnDaemon();
  link = (await daemon.up("--standby", "base=1")).console ?? "";
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") troubles.push(message.text());
  });
  page.on("pageerror", ({ message }) => troubles.push(message));
  page.on("request", (request) => asked.add(new URL(request.url()).origin));
  await page.goto(link);
  await page.getByRole("heading", { name: "Running" }).waitFor(SLOW);
});

afterAll(async () => {
  await browser.close();
  await endStarted();
  await daemon.end();
});

it("opens by its link, without the token in the address, and in no second browser", async () => {
  expect(page.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/console\/$/);
  const other = await browser.newContext();
  const stranger = await other.newPage();
  for (const address of [link, page.url()]) {
    const response = await stranger.goto(address);
    expect(response?.status()).toBe(403);
    expect(await stranger.textContent("h1")).toBe("This link is not good any more");
  }
  await other.close();
});

it("lets no other page see, start or follow anything, and answers to no other name", async () => {
  const attacker = await page.context().newPage(); // with the console's own cookies
  const base = page.url().replace("console/", "");
  await attacker.goto("data:text/html,<title>elsewhere</title>");
  const seen = await attacker.evaluate(async (own) => {
    const tries = [
      fetch(`${own}v1/tasks`, { credentials: "include" }),
      fetch(`${own}v1/tasks`, { method: "POST", body: "{}", credentials: "include" }),
    ];
    const fetched = await Promise.all(
      tries.map(
        async (one) =>
          await one.then(
            () => "seen",
            () => "refused",
          ),
      ),
    );
    // eslint-disable-next-line no-restricted-globals -- runs in the browser
    const socket = new WebSocket(`${own.replace("http", "ws")}v1/events`);
    const streamed = await new Promise((resolve) => {
      socket.onopen = () => {
        resolve("open");
      };
      socket.onerror = () => {
        resolve("refused");
      };
    });
    return [...fetched, streamed];
  }, base);
  expect(seen).toEqual(["refused", "refused", "refused"]);
  await attacker.close();
  const { port } = new URL(base);
  const rebound = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--host-resolver-rules=MAP evil.example 127.0.0.1"],
  });
  const evil = await rebound.newPage();
  const response = await evil.goto(`${base}console/`.replace(`127.0.0.1:${port}`, `evil.example:${port}`));
  expect([response?.status(), await evil.textContent("h1")]).toEqual([403, "Refused"]);
  await rebound.close();
});

it("makes a safe copy of a document that is dropped, which can be saved", async () => {
  await drop("examples/supplier-invoice.docx");
  const save = page.getByRole("link", { name: /Save supplier-invoice.*\.pdf/ });
  await save.waitFor(SLOW);
  const [download] = await Promise.all([page.waitForEvent("download"), save.click()]);
  const bytes = readFileSync(await download.path());
  expect(bytes.subarray(0, 5).toString()).toBe("%PDF-");
  expect(bytes.length).toBeGreaterThan(10 * KIB);
});

it("has a terminal that echoes, shows what lies in /out and what it asked of the network, and ends it", async () => {
  await page.getByRole("button", { name: "New terminal" }).click();
  const screen = page.locator(".xterm-rows");
  await screen.waitFor(SLOW);
  await screen.filter({ hasText: "$" }).waitFor(SLOW);
  await page.keyboard.type("echo $((6*7)) > /out/answer; cat /out/answer; printf '\\033]0;evil\\007'\n");
  await screen.filter({ hasText: "42" }).waitFor(SLOW);
  expect(await page.title()).toBe("Mayfly");
  await page.getByRole("button", { name: "Look" }).click();
  await page.getByRole("link", { name: "Save answer" }).waitFor(SLOW);
  await page.keyboard.press("Tab");
  await page.locator(".screen textarea").focus();
  await page.keyboard.type("curl -sS --max-time 5 http://example.org\n");
  await page.getByText("example.org:80").waitFor(SLOW);
  await accessible("a task");
  await look("task");
  await page.getByRole("button", { name: "End it" }).click();
  await page.getByText(/Ended from outside/).waitFor(SLOW);
});

it(
  "shows a document live in a tab, with the clipboard that was chosen, and pictures it",
  { timeout: 600_000 },
  async () => {
    await page.goto(page.url().replace(/#.*/, "#/"));
    const document = page.getByRole("region", { name: "Open a document" });
    expect(await document.getByLabel("Clipboard").count()).toBe(0); // a safe copy has none
    await page.getByRole("radio", { name: "Show it live" }).check();
    const clipboard = document.getByLabel("Clipboard");
    expect(await clipboard.inputValue()).toBe("none");
    await accessible("choices");
    await look("choices");
    await clipboard.focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await clipboard.inputValue()).toBe("from-guest");
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      page.getByText("Choose a file").click(),
    ]);
    const [tab] = await Promise.all([
      page.context().waitForEvent("page"),
      chooser.setFiles("examples/budget.xlsx"),
    ]);
    await page.getByRole("radio", { name: "Safe copy" }).check();
    await tab.locator(".screen canvas").waitFor(VIEW);
    await seen(tab, /Administration/, { enlarge: 2 });
    await tab.getByRole("button", { name: "Copy out" }).waitFor();
    expect(await tab.getByRole("button", { name: "Paste in" }).count()).toBe(0);
    await page.locator(".picture img").waitFor(VIEW);
    await accessible("a view");
    await look("view");
    await page.getByRole("link", { name: "budget.xlsx", exact: true }).click();
    await page.getByRole("link", { name: "Open its screen" }).waitFor(SLOW);
    await tab.getByRole("button", { name: "Files" }).click();
    await tab.getByRole("button", { name: "Safe copy of budget.xlsx" }).click();
    await tab.getByText(/^Saved: /).waitFor(VIEW);
    await tab.getByRole("button", { name: "Close" }).first().click();
    await tab.getByRole("button", { name: "End" }).click();
    await tab.getByRole("button", { name: "End it" }).click();
    await tab.getByText(/Its micro-VM is gone/).waitFor(SLOW);
    await page.getByText(/^Done/).waitFor(SLOW);
    await page.getByRole("link", { name: /^Save budget\.xlsx.*\.pdf/ }).waitFor(SLOW);
    await tab.close();
  },
);

it("shows the page of a link live, and tells why there is none", async () => {
  await page.goto(page.url().replace(/#.*/, "#/"));
  const address = page.getByRole("textbox", { name: "Link that you do not trust" });
  await address.fill("ftp://example.org/");
  const form = page.getByRole("form", { name: "Open a link" });
  expect(await form.getByLabel("Clipboard").inputValue()).toBe("none");
  await form.getByLabel("Clipboard").selectOption("both ways");
  await form.getByLabel("A micro-VM for each site").check();
  const [tab, request] = await Promise.all([
    page.context().waitForEvent("page"),
    page.waitForRequest(/\/v1\/views$/),
    address.press("Enter"),
  ]);
  expect(request.postDataJSON()).toEqual({ url: "ftp://example.org/", perSite: true, clipboard: "both" });
  await page
    .getByRole("alert")
    .getByText(/is not an address of the web/)
    .waitFor(SLOW);
  expect(tab.isClosed()).toBe(true);
  troubles.length = 0; // the browser tells of the refused request
  await page.getByRole("button", { name: "Dismiss" }).click();
});

it("ends what the command line runs", async () => {
  await page.goto(page.url().replace(/#.*/, "#/"));
  const run = daemon.start("run", "--", "sleep", "1000");
  await page.getByRole("button", { name: "End sleep 1000" }).click(SLOW);
  expect((await run.ended()).status).toBe(130);
  await accessible("home");
  await look("home");
});

it("finds reports, and shows one as a page that can do nothing", async () => {
  await page.getByRole("link", { name: "History" }).click();
  await page.getByRole("searchbox", { name: "Search reports" }).fill("sleep 1000");
  await page
    .locator(".rows > li")
    .nth(1)
    .waitFor({ state: "detached", ...SLOW });
  await accessible("history");
  await look("history");
  const [report] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("link", { name: /^Report/ }).click(),
  ]);
  await report.waitForLoadState();
  expect(await report.textContent("body")).toContain("sleep 1000");
  await report.close();
});

it("asked nobody but its own server, and broke no rule of its policy", () => {
  expect([...asked]).toEqual([new URL(link).origin]);
  expect(troubles).toEqual([]);
});

it("weighs at most 300 KiB, compressed", () => {
  const files = readdirSync("dist/web/assets").filter((name) => /\.(js|css|svg)$/.test(name));
  const used = new Set<string>();
  const walk = (text: string): void => {
    for (const name of files.filter((each) => text.includes(each) && !used.has(each))) {
      used.add(name);
      walk(readFileSync(`dist/web/assets/${name}`, "utf8"));
    }
  };
  const html = readFileSync("dist/web/console/index.html", "utf8");
  walk(html);
  expect(used.size).toBeGreaterThan(2);
  const parts = [html, ...[...used].map((name) => readFileSync(`dist/web/assets/${name}`))];
  expect(parts.reduce((sum, part) => sum + gzipSync(part).length, 0)).toBeLessThanOrEqual(300 * KIB);
});

/** Drags a file over the page and lets it go there, as a person does with one of the desktop. */
async function drop(path: string): Promise<void> {
  const content = readFileSync(path).toString("base64");
  const dataTransfer = await page.evaluateHandle(`(() => {
    const carried = new DataTransfer();
    const bytes = Uint8Array.from(atob("${content}"), (sign) => sign.charCodeAt(0));
    carried.items.add(new File([bytes], "${basename(path)}"));
    return carried;
  })()`);
  const zone = page.getByRole("region", { name: "Open a document" });
  await zone.dispatchEvent("dragover", { dataTransfer });
  await page.locator(".drop.over").waitFor();
  await zone.dispatchEvent("drop", { dataTransfer });
  await page.locator(".drop.over").waitFor({ state: "detached" });
}

async function accessible(what: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(readFileSync("node_modules/axe-core/axe.min.js", "utf8"));
    const violations = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      return (await axe.run()).violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`,
      );
    });
    expect(violations, `${what}, ${colorScheme}`).toEqual([]);
  }
}

/** At its narrowest nothing is cut off sideways. */
async function look(name: string): Promise<void> {
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({
        path: picturePath(`console-${name}-${width}-${colorScheme}`),
        fullPage: true,
      });
    }
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}
