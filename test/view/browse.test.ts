import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TaskResult } from "../../src/contract/index.ts";
import { Mayfly, type LiveView } from "../../src/index.ts";
import { leftovers } from "../support/leftovers.ts";
import { keepPicture, openBrowser, openTab, readScreen, seen } from "./eyes.ts";
import { OTHER, SITE, Sites } from "./site.ts";

let browser: Browser;
let sites: Sites;
let mayfly: Mayfly;
let context: BrowserContext;
let out: string;

beforeAll(async () => {
  browser = await openBrowser();
  sites = await Sites.open();
  mayfly = await Mayfly.open({ dns: sites.dns });
  await mayfly.prepare("browser");
}, 3_600_000);
afterAll(async () => {
  await mayfly.close();
  sites[Symbol.dispose]();
  await browser.close();
});
beforeEach(async () => {
  out = mkdtempSync(join(tmpdir(), "mayfly-browse-"));
  context = await browser.newContext({ viewport: { width: 1000, height: 760 } });
});
afterEach(async () => {
  await context.close();
  rmSync(out, { recursive: true, force: true });
});

const UNHURRIED = { timeout: 600_000, interval: 500 };

/** Where the browser inside has its address. */
const ADDRESS = { x: 400, y: 63 };

/** Clicks at a part of the site's page; Chromium's own bar is above it. */
async function click(page: Page, part: number): Promise<void> {
  await page.locator(".screen canvas").click({ position: { x: 120, y: 88 + 24 + 20 + 80 * part } });
}

async function showSite(
  choices: Parameters<Mayfly["browse"]>[1] = {},
): Promise<{ view: LiveView; page: Page }> {
  const { policy, ...rest } = choices;
  const view = await mayfly.browse(sites.url, { ...rest, policy: { network: sites.network, ...policy } });
  const { page } = await openTab(context, view.url ?? "");
  await view.ready;
  await seen(page, /Welcome SHOP/);
  expect(sites.cookies.visit.at(-1)).toBeUndefined(); // whoever browsed before left nothing
  return { view, page };
}

function expectGone(result: TaskResult): void {
  expect(result.disposal.complete).toBe(true);
  expect(leftovers([result.id])).toEqual([]);
}

describe("mayfly.browse", { timeout: 1_200_000 }, () => {
  it("shows a site with a form and scripts, and leaves nothing", async () => {
    const { view, page } = await showSite();
    await seen(page, /TYPE/); // the page has the keyboard as it comes, not the browser's bar
    await keepPicture(page, "site");
    await click(page, 2);
    await seen(page, /SCRIPT 42/);
    await click(page, 1);
    await seen(page, /TYPE/);
    await page.keyboard.type("Zebra");
    await page.keyboard.press("Enter");
    await seen(page, /Ordered 5 LETTERS/);
    expect(sites.orders).toEqual(["Zebra"]);
    expect(sites.cookies.order).toEqual(["met=before"]); // cookies work, until the end
    const result = await view.end();
    expect(result.outputs).toEqual([]);
    expect(result.network.streams.every(({ target }) => target.host === SITE)).toBe(true);
    expectGone(result);
  });

  it("can be ended while a page opens a thousand windows, and other tasks are unharmed", async () => {
    const [{ view, page }, fork] = await Promise.all([showSite(), mayfly.fork("base")]);
    await using other = fork;
    await click(page, 6);
    // Under emulation its browser is busy with that for minutes, so its own page need not be seen again.
    const look = async (): Promise<string> => {
      await keepPicture(page, "site-windows");
      return await readScreen(page);
    };
    await expect.poll(look, UNHURRIED).not.toMatch(/Elsewhere[^]*Windows/);
    const unharmed = other.exec(["sh", "-c", "echo unharmed"]);
    unharmed.stdin.end();
    expect(await text(unharmed.stdout)).toBe("unharmed\n");
    expectGone(await view.end());
  });

  it("makes safe copies of what is downloaded and printed", async () => {
    const { view, page } = await showSite({ out, policy: { downloads: "safe", printing: "safe" } });
    await click(page, 3);
    await expect.poll(() => sites.letters, UNHURRIED).toBe(1); // a page that prints does nothing else
    await click(page, 4);
    await seen(page, /PRINTED/);
    await page.getByRole("button", { name: "Files" }).click();
    const copy = page.getByRole("button", { name: "Safe copy of letter.txt" });
    const print = page.getByRole("button", { name: "Safe copy of 1.pdf" });
    while (!((await copy.isVisible()) && (await print.isVisible()))) {
      await page.getByRole("button", { name: "Look again" }).click();
      await page.waitForTimeout(500);
      await keepPicture(page, "site-files");
    }
    await copy.click();
    await page.getByText(`Saved: ${join(out, "letter.txt.safe.pdf")}`).waitFor();
    await keepPicture(page, "site-files");
    const result = await view.end(); // the print comes out at the end
    expect(result.refusedOutputs).toEqual([]);
    expect(result.outputs).toHaveLength(2);
    expect(readdirSync(out).sort()).toEqual([
      "letter.txt.safe.pdf",
      expect.stringMatching(/printed 1\.pdf\.safe\.pdf$/),
    ]);
    expectGone(result);
  });

  it("with perSite opens another site in another micro-VM, when a person says so", async () => {
    const opened: LiveView[] = [];
    const { view, page } = await showSite({ perSite: true, onElsewhere: (other) => opened.push(other) });
    await click(page, 5);
    const open = page.getByRole("button", { name: "Open in a micro-VM of its own" });
    await open.waitFor();
    await page.getByText(`http://${OTHER}:${sites.port}/`).waitFor();
    await keepPicture(page, "site-elsewhere");
    await seen(page, /Welcome SHOP/); // it stays where it is
    const popup = context.waitForEvent("page");
    await open.click();
    const other = await popup;
    await other.locator(".screen canvas").waitFor();
    await seen(other, /Welcome BANK/);
    expect(opened).toHaveLength(1);
    const results = await Promise.all([view.end(), ...opened.map(async (each) => await each.end())]);
    expect(new Set(results.map(({ id }) => id)).size).toBe(2);
    const hosts = results.map(({ network }) => [
      ...new Set(network.streams.map(({ target }) => target.host)),
    ]);
    expect(hosts).toEqual([[SITE], [OTHER]]);
    for (const result of results) expectGone(result);
  });

  it("tells of a browser that crashes inside, and nothing else is harmed", async () => {
    const [{ view, page }, fork] = await Promise.all([showSite(), mayfly.fork("base")]);
    await page.locator(".screen canvas").click({ position: ADDRESS });
    await expect.poll(async () => await readScreen(page), UNHURRIED).not.toMatch(/TYPE/); // keys may overtake clicks
    await page.keyboard.type("chrome://inducebrowsercrashforrealz");
    await page.keyboard.press("Enter");
    const result = await view.ended;
    expect(result.outcome).toEqual({ kind: "exited", code: 70 });
    await page.getByText(/It ended by itself: the browser crashed .*Its micro-VM is gone/).waitFor();
    expect(result.warnings.join()).toContain("the browser crashed");
    await keepPicture(page, "site-crashed");
    expectGone(result);
    await using other = fork;
    expect(await other.exec(["true"]).exit).toEqual({ kind: "exited", code: 0 });
  });

  it("has the browser's own sandbox on", async () => {
    await using fork = await mayfly.fork("browser");
    const script = `for p in /proc/[0-9]*; do
      tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -q -- "--type=[r]enderer" || continue
      echo "$(sed -n 's/^Seccomp:[[:space:]]*//p' $p/status) $(readlink $p/ns/user) $(readlink $p/ns/net) $(readlink $p/root)"
    done; echo "host $(readlink /proc/1/ns/user) $(readlink /proc/1/ns/net)"`;
    const guest = fork.exec(["sh", "-c", script], { user: "root" });
    guest.stdin.end();
    const [said, exit] = await Promise.all([text(guest.stdout), guest.exit, text(guest.stderr)]);
    expect(exit).toEqual({ kind: "exited", code: 0 });
    const lines = said.trim().split("\n");
    const [, user = "", net = ""] = lines.pop()?.split(" ") ?? [];
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const [seccomp, itsUser, itsNet] = line.split(" ");
      expect([seccomp, itsUser === user, itsNet === net], line).toEqual(["2", false, false]);
    }
  });
});
