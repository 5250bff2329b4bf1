import { createServer } from "node:http";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { URL, fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { newVmId } from "../dist/foundation/index.js";
import { Microvisor, bootMachine } from "../dist/microvisor/index.js";
import { View, ViewServer, admitDocument, admitPage } from "../dist/view/index.js";
import { median, round, summary } from "./machine.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BUDGET = join(ROOT, "examples", "budget.xlsx");
const KEYS = 40;
/** Where the page's text field is on a tab of 1300 × 760, below what the view and the browser inside have on top. */
const FIELD = { x: 300, y: 190 };
/** What the local page is filled with: nothing else on the screen is so. */
const FILL = [32, 160, 96];
const PAGE = `<body style="margin:0;background:rgb(${FILL})"><input autofocus style="caret-color:transparent;font:24px sans-serif;margin:80px;width:1000px">`;

/**
 * Live views in a real browser: from the request to the first content in the tab, from a standby and cold (the same image
 * booted and its program started, the same page), in turns within one run; and from a key to
 * a changed pixel, in a text field of the page.
 */
export async function view(host, images, accelerator, rounds) {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  const server = await ViewServer.open(join(ROOT, "dist", "web"));
  const site = await localSite();
  const microvisor = new Microvisor(host);
  const bench = { browser, server, microvisor, host, accelerator };
  try {
    const { address, port } = site.address();
    const policy = { network: { private: [`${address}:${port}`] } };
    const page = () => admitPage(`http://${address}:${port}/`, { policy }, undefined);
    return {
      document: await compare(
        bench,
        { image: images.office, admit: () => admitDocument(BUDGET, {}) },
        rounds,
      ),
      page: await compare(bench, { image: images.browser, admit: page, fill: FILL }, rounds),
      keyToPixelMs: await keyToPixel(bench, page()),
    };
  } finally {
    site.close();
    await server.close();
    await microvisor[Symbol.asyncDispose]();
    await browser.close();
  }
}

/** On an address of this host that is not the loopback: that is the guest's own in a guest. */
async function localSite() {
  const [own] = Object.values(networkInterfaces()).flatMap((each) => each.filter(isReachable));
  if (own === undefined) throw new Error("this host has no address but its loopback");
  const site = createServer((_request, response) => {
    response.setHeader("content-type", "text/html").end(PAGE);
  });
  await new Promise((resolve) => site.listen(0, own.address, resolve));
  return site;
}

function isReachable({ family, internal }) {
  return family === "IPv4" && !internal;
}

async function compare(bench, { image, admit, fill }, rounds) {
  const times = { cold: [], standby: [] };
  const coldly = coldMicrovisor(bench, image);
  const limits = (await bench.microvisor.profileDefaults(image.name)).limits;
  for (let turn = 0; turn < rounds; turn++) {
    times.cold.push(await untilSeen(bench, coldly, admit(), fill));
    await bench.microvisor.keepStandby(image.name, fullLimits(limits), 1);
    const [cold] = times.cold.slice(-1);
    console.error(`  ${image.name}: cold ${Math.round(cold)} ms, and now from a standby …`);
    times.standby.push(await untilSeen(bench, bench.microvisor, admit(), fill));
    console.error(`  ${image.name}: ${Math.round(times.standby.at(-1))} ms from a standby`);
    await bench.microvisor.keepStandby(image.name, fullLimits(limits), 0);
  }
  return {
    coldMs: summary(times.cold),
    standbyMs: summary(times.standby),
    standbyTimesFaster: round(median(times.cold) / median(times.standby)),
  };
}

function fullLimits(limits) {
  return { ...limits, cpus: undefined };
}

/** Gives machines that were just booted, with their program started, in the place of forks. */
function coldMicrovisor({ host, accelerator }, image) {
  const { profile } = image;
  return {
    profileDefaults: async () => ({ limits: { memory: profile.memory, vcpus: profile.vcpus } }),
    fork: async () => {
      const vm = await bootMachine(host, { id: newVmId(), image, accelerator, deadlineMs: 300_000 });
      const [start = []] = profile.warmUp;
      const program = vm.agent.exec({
        argv: start,
        env: { HOME: "/home/user" },
        cwd: "/home/user",
        user: "user",
      });
      program.stdin.end();
      program.stdout.resume();
      program.stderr.resume();
      const ended = await program.exit;
      if (ended.code !== 0) throw new Error(`the program did not start: ${JSON.stringify(ended)}`);
      const isolation = { kind: "emulated", accelerator, reason: "" };
      return { vm, origin: "fork", template: "", isolation, clockErrorMs: 0, programHash: () => undefined };
    },
  };
}

/**
 * Milliseconds until it is on the tab's canvas: the guest has said that it is shown, and more than a tenth of the pixels
 * have the page's colour or, of a document, another than most have.
 */
async function untilSeen(bench, microvisor, admitted, fill) {
  const from = performance.now();
  const { shown, tab, done } = await open(bench, microvisor, admitted);
  await shown.ready;
  await tab.evaluate(`new Promise((resolve) => {
    const fill = ${JSON.stringify(fill)};
    const EACH = 101; // of the pixels: who looks at all takes the processor from what is measured
    const isSeen = () => {
      const canvas = document.querySelector(".screen canvas");
      if (!document.querySelector(".state.shown") || !canvas?.width) return false;
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const counts = new Map();
      for (let i = 0; i < data.length; i += 4 * EACH) {
        const colour = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
        counts.set(colour, (counts.get(colour) ?? 0) + 1);
      }
      const share = (count = 0) => (4 * EACH * count) / data.length;
      if (fill !== undefined) return share(counts.get((fill[0] << 16) | (fill[1] << 8) | fill[2])) > 0.1;
      return 1 - share(Math.max(...counts.values())) > 0.1;
    };
    const look = () => (isSeen() ? resolve() : setTimeout(look, 20));
    look();
  })`);
  const took = performance.now() - from;
  await done();
  return took;
}

async function open({ browser, server }, microvisor, admitted) {
  const shown = new View(admitted, { microvisor, openElsewhere: async () => "" });
  const context = await browser.newContext({ viewport: { width: 1300, height: 760 } });
  const tab = await context.newPage();
  await tab.goto(server.link(server.add(shown)));
  const done = async () => {
    await context.close();
    const { disposal, warnings } = await shown.end();
    if (!disposal.complete) throw new Error(JSON.stringify({ disposal, warnings }));
  };
  return { shown, tab, done };
}

/** From a key in the tab to the first changed pixel of the tab, in the page's text field, whose caret does not blink. */
async function keyToPixel(bench, admitted) {
  const { shown, tab, done } = await open(bench, bench.microvisor, admitted);
  await shown.ready;
  await tab.locator(".screen canvas").click({ position: FIELD });
  // Looked at when noVNC has drawn, not all the time: that would take the processor from what is measured.
  await tab.evaluate(`{
    const canvas = document.querySelector(".screen canvas");
    const context = canvas.getContext("2d");
    const sum = () => { const { data } = context.getImageData(0, 80, canvas.width, 240); let hash = 0; for (let i = 0; i < data.length; i += 4) hash = (hash * 31 + data[i]) | 0; return hash; };
    let drawn = () => undefined;
    const { drawImage } = context;
    context.drawImage = (...what) => { drawImage.apply(context, what); drawn(); };
    window.awaitChange = () => { window.change = new Promise((resolve) => {
      const before = sum();
      let from;
      window.addEventListener("keydown", () => { from = performance.now(); }, { once: true, capture: true });
      drawn = () => { const now = performance.now(); if (from !== undefined && sum() !== before) resolve(now - from); };
    }) };
  }`);
  const times = [];
  for (let count = 0; count < KEYS; count++) {
    await tab.evaluate("awaitChange()"); // apart: a key may overtake what is evaluated
    await tab.keyboard.press("a");
    times.push(await tab.evaluate("change"));
  }
  await done();
  return summary(times);
}
