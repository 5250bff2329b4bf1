import { setTimeout as wait } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Mayfly } from "../../src/index.ts";
import { ROOT } from "../e2e/cli-process.ts";
import { ledgerEntries, leftovers } from "../support/leftovers.ts";
import { MayflyChild } from "../support/run-child.ts";
import { accessibilityProblems, keepPicture, openBrowser, openTab, seen } from "./eyes.ts";
import { Shown } from "./show.ts";

/** Shows the form as `mayfly view` shows a document, in a process of its own. */
const SHOWS = `
import { openHost } from "${ROOT}dist/sdk/installation.js";
import { Microvisor } from "${ROOT}dist/microvisor/index.js";
import { View, ViewServer, admitDocument } from "${ROOT}dist/view/index.js";
const microvisor = new Microvisor(openHost(undefined, () => undefined));
const server = await ViewServer.open("${ROOT}dist/web");
const command = ["python3", "/usr/lib/mayfly/test/form.py"];
const request = { ...admitDocument("${ROOT}README.md", {}), profile: "screen", command, inputs: [], name: "the form" };
const view = new View(request, { microvisor, openElsewhere: async () => await Promise.reject(new Error("none")) });
console.log("shown", server.link(server.add(view)));
await view.ended;
`;

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
});

it(
  "kill -9 of what shows a view ends its micro-VM, the tab says so, and another view goes on",
  { timeout: 400_000 },
  async () => {
    await using shown = await Shown.open(); // sets where the profile is, for the child too
    const child = new MayflyChild(SHOWS);
    const doomed = await openTab(await browser.newContext(), await child.reached("shown"));
    const other = shown.form();
    const survivor = await openTab(await browser.newContext(), other.url);
    await seen(doomed.page, /SCALE 1/);
    await seen(survivor.page, /SCALE 1/);
    const ids = ledgerEntries()
      .filter(({ owner }) => owner.pid === child.process.pid)
      .map(({ id }) => id);
    expect(ids).toHaveLength(1);

    await child.kill();
    await doomed.page.getByRole("alert").getByText("Mayfly does not answer").waitFor();
    await keepPicture(doomed.page, "killed");
    expect(await doomed.page.getByRole("button", { name: "End" }).count()).toBe(0);
    for (const colorScheme of ["light", "dark"] as const) {
      await doomed.page.emulateMedia({ colorScheme });
      expect(await accessibilityProblems(doomed.page)).toEqual([]);
    }
    // The kernel ends them with their parent; the test's own limit ends a wait in vain.
    while (leftovers(ids).some((left) => left.startsWith("process"))) await wait(10);
    await (await Mayfly.open()).close();
    expect(leftovers(ids)).toEqual([]);

    await survivor.page.locator(".screen canvas").focus();
    await survivor.page.keyboard.type("Zebra 42");
    await seen(survivor.page, /Zebra 42/);
    expect((await other.view.end()).disposal.complete).toBe(true);
  },
);
