// Measures Mayfly on this machine; prints a table and writes bench/results/<host>-<date>.json, with the parts' names where not all are measured.
// Options: --rounds N (default 30), --only latency,throughput,idle,crowd,documents,egress,witness,report,view
import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { parseArgs } from "node:util";
import { ensureImage } from "../dist/image/index.js";
import { readAcceleratorChoice } from "../dist/microvisor/index.js";
import { openHost } from "../dist/sdk/installation.js";
import { documents } from "./documents.mjs";
import { crowd, idleMemory } from "./density.mjs";
import { latency, throughput } from "./latency.mjs";
import { egress } from "./egress.mjs";
import { machineFacts } from "./machine.mjs";
import { report } from "./report.mjs";
import { view } from "./view.mjs";
import { witness } from "./witness.mjs";

const ALL = "latency,throughput,idle,crowd,documents,egress,witness,report,view";
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "30" },
    only: { type: "string", default: ALL },
  },
});
const only = new Set(values.only.split(","));
const host = openHost(undefined, () => undefined);
const image = await ensureImage("base", { store: host.store, progress: () => undefined });
const choice = readAcceleratorChoice(host);
const accelerator = choice?.accelerator ?? "tcg";

const result = {
  date: new Date().toISOString(),
  isolation: accelerator === "kvm" ? "hardware" : "emulated",
  machine: machineFacts(await host.engine.facts()),
};
const measures = {
  latency: async () => await latency(host, image, accelerator, Number(values.rounds)),
  throughput: async () => await throughput(256 * 2 ** 20),
  idle: async () => await idleMemory(20),
  crowd: async () => await crowd(100),
  egress: async () => await egress(host, accelerator, { rounds: 9, bytes: 64 * 2 ** 20 }),
  witness: async () => await witness(host, Number(values.rounds)),
  report: async () => await report(Number(values.rounds)),
  view: async () => {
    const built = async (profile) =>
      await ensureImage(profile, { store: host.store, progress: () => undefined });
    const images = { office: await built("office-view"), browser: await built("browser") };
    return await view(host, images, accelerator, Math.min(5, Number(values.rounds)));
  },
  documents: async () => {
    const office = await ensureImage("office", { store: host.store, progress: () => undefined });
    return await documents(host, office, accelerator, Math.min(10, Number(values.rounds)));
  },
};
for (const [name, measure] of Object.entries(measures)) {
  if (!only.has(name)) continue;
  console.error(`measuring ${name} …`);
  result[name] = await measure();
  console.log(JSON.stringify({ [name]: result[name] }, undefined, 2));
}
mkdirSync("bench/results", { recursive: true });
const parts = values.only === ALL ? "" : `-${values.only.replaceAll(",", "-")}`;
const file = `bench/results/${hostname()}-${result.date.slice(0, 10)}${parts}.json`;
writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
console.log(`written: ${file}`);
