import { setTimeout as wait } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { endStarted } from "../e2e/cli-process.ts";
import { leftovers } from "../support/leftovers.ts";
import { keepPicture, openBrowser, openTab } from "../view/eyes.ts";
import { OwnDaemon } from "./own-daemon.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterEach(endStarted);
afterAll(async () => {
  await browser.close();
});

it(
  "kill -9 of the daemon ends its live views, tab and console say so, and tasks of others go on",
  { timeout: 900_000 },
  async () => {
    const daemon = new OwnDaemon();
    const { pid, console } = await daemon.up("--standby", "base=0");
    const other = daemon.start("run", "--embedded", "--", "cat");
    other.child.stdin.write("before\n");
    await other.printed(/before/);

    const context = await browser.newContext();
    const { page } = await openTab(context, console ?? "");
    const shown = await daemon.ask("POST", "/v1/views/document?name=a.txt", {
      type: "application/octet-stream",
      content: "what is in it",
    });
    const { id } = shown.json as { id: string };
    const tab = await openTab(context, page.url().replace("console/", `view/?id=${id}`));
    await tab.page.locator(".screen canvas").waitFor({ timeout: 800_000 });
    const { vm } = (await daemon.ask("GET", `/v1/tasks/${id}`)).json as { vm: string };

    process.kill(pid, "SIGKILL");
    await tab.page.getByRole("alert").getByText("Mayfly does not answer").waitFor();
    await page.getByRole("status").getByText("Mayfly does not answer").waitFor();
    await keepPicture(page, "daemon-killed");
    // The kernel ends them with their parent; the test's own limit ends a wait in vain.
    while (leftovers([vm]).some((left) => left.startsWith("process"))) await wait(10);
    other.child.stdin.end("after\n");
    const { status, stdout } = await other.ended();
    expect([status, stdout.toString()]).toEqual([0, "before\nafter\n"]);

    await daemon.up("--standby", "base=0");
    expect(leftovers([vm])).toEqual([]);
    expect((await daemon.ask("GET", "/v1/vms")).json).toEqual([]);
    await daemon.end();
  },
);
