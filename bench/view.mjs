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

/**
 * Live views in a real browser: from the request to the first content in the tab, from a standby and cold (the same image
 * booted, its program started and warmed up as the template's was, the same page), in turns within one run; and from a key to a changed pixel.
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
      document: await compare(bench, images.office, () => admitDocument(BUDGET, {}), rounds),
      page: await compare(bench, images.browser, page, rounds),
      keyToPixel: await keyToPixel(bench),
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
    response.setHeader("content-type", "text/html").end("<h1>A local page</h1>");
  });
  await new Promise((resolve) => site.listen(0, own.address, resolve));
  return site;
}

function isReachable({ family, internal }) {
  return family === "IPv4" && !internal;
}

async function compare(bench, image, admit, rounds) {
  const times = { cold: [], standby: [] };
  const cold = coldMicrovisor(bench, image);
  const limits = (await bench.microvisor.profileDefaults(image.name)).limits;
  for (let turn = 0; turn < rounds; turn++) {
    times.cold.push(await untilSeen(bench, cold, admit()));
    await bench.microvisor.keepStandby(image.name, fullLimits(limits), 1);
    times.standby.push(await untilSeen(bench, bench.microvisor, admit()));
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

/** Gives machines that were just booted and warmed up, in the place of forks. */
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

/** Milliseconds until the guest has said that it is shown, and the tab has it. */
async function untilSeen(bench, microvisor, admitted) {
  const from = performance.now();
  const { shown, tab, done } = await open(bench, microvisor, admitted);
  await shown.ready;
  await tab.evaluate(
    "new Promise((resolve) => { const look = () => (document.querySelector('.state.shown') ? resolve() : requestAnimationFrame(look)); look(); })",
  );
  const took = performance.now() - from;
  await done();
  return took;
}

async function open({ browser, server }, microvisor, admitted) {
  const shown = new View(admitted, { microvisor, openElsewhere: async () => "" });
  const context = await browser.newContext({ viewport: { width: 1200, height: 760 } });
  const tab = await context.newPage();
  await tab.goto(server.link(server.add(shown)));
  const done = async () => {
    await context.close();
    const result = await shown.end();
    if (!result.disposal.complete) throw new Error(JSON.stringify(result));
  };
  return { shown, tab, done };
}

/** From a key in the tab to the first changed pixel of the tab, in a spreadsheet's cell. */
async function keyToPixel(bench) {
  const { shown, tab, done } = await open(bench, bench.microvisor, admitDocument(BUDGET, {}));
  await shown.ready;
  await tab.locator(".screen canvas").focus();
  await tab.evaluate(`window.firstChange = () => new Promise((resolve) => {
    const canvas = document.querySelector(".screen canvas");
    const context = canvas.getContext("2d");
    const sum = () => { const { data } = context.getImageData(0, 0, canvas.width, canvas.height); let hash = 0; for (let i = 0; i < data.length; i += 4) hash = (hash * 31 + data[i]) | 0; return hash; };
    const before = sum();
    let from;
    window.addEventListener("keydown", () => { from = performance.now(); }, { once: true, capture: true });
    const look = () => { if (from !== undefined && sum() !== before) resolve(performance.now() - from); else requestAnimationFrame(look); };
    requestAnimationFrame(look);
  })`);
  const times = [];
  for (let count = 0; count < KEYS; count++) {
    const changed = tab.evaluate("firstChange()");
    await tab.keyboard.press("a");
    times.push(await changed);
  }
  await done();
  return summary(times);
}
