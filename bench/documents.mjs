import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { URL, fileURLToPath } from "node:url";
import { openDocument } from "../dist/document/index.js";
import { newVmId } from "../dist/foundation/index.js";
import { bootMachine } from "../dist/microvisor/index.js";
import { ledgerPids } from "./ledger.mjs";
import { median, memoryMiB, round, summary, withMayfly } from "./machine.mjs";

const CORPUS = fileURLToPath(new URL("../test/documents/corpus.py", import.meta.url));
const COLD_ROUNDS = 5;

/**
 * Documents to safe copies: from a standby, from a fork, and cold (the same image booted, LibreOffice started in it, the
 * same request, the same host side), in turns within one run.
 */
export async function documents(host, image, accelerator, rounds) {
  const scratch = mkdtempSync(join(tmpdir(), "mayfly-bench-"));
  try {
    return await withMayfly(async (mayfly) => {
      await makeCorpus(mayfly, scratch);
      const bench = { mayfly, scratch, cold: coldMicrovisor(host, image, accelerator) };
      return {
        docxToPdf: await compare(bench, "three-pages.docx", "pdf", rounds),
        xlsxToCsv: await compare(bench, "table.xlsx", "csv", rounds),
        batch: await batch(bench, 20),
        largePdf: largePdf(join(scratch, "two-hundred.pdf"), scratch),
        idle: await idle(mayfly, 4),
      };
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

export async function makeCorpus(mayfly, out) {
  const made = await mayfly.run({
    profile: "office",
    command: ["python3", "/in/corpus.py", "/out"],
    inputs: [CORPUS],
    out,
  });
  if (made.exitCode !== 0) throw new Error(made.stderr.toString());
}

/** Gives machines that were just booted, with LibreOffice just started, in the place of forks. */
function coldMicrovisor(host, image, accelerator) {
  return {
    profileDefaults: async () => ({
      limits: { memory: image.profile.memory, vcpus: image.profile.vcpus },
    }),
    fork: async () => {
      const vm = await bootMachine(host, { id: newVmId(), image, accelerator, deadlineMs: 300_000 });
      const start = vm.agent.exec({
        argv: ["/usr/lib/mayfly/converter/start"],
        env: { HOME: "/home/user" },
        cwd: "/home/user",
        user: "user",
      });
      start.stdin.end();
      start.stdout.resume();
      start.stderr.resume();
      const ended = await start.exit;
      if (ended.code !== 0) throw new Error(`the converter did not start: ${JSON.stringify(ended)}`);
      return {
        vm,
        origin: "fork",
        template: "",
        isolation: { kind: "emulated", accelerator, reason: "" },
        clockErrorMs: 0,
      };
    },
  };
}

async function compare({ mayfly, scratch, cold }, name, form, rounds) {
  const path = join(scratch, name);
  const choices = { as: form, force: true, out: scratch };
  const times = { cold: [], fork: [], standby: [] };
  for (let round = 0; round < rounds; round++) {
    if (round < COLD_ROUNDS)
      times.cold.push(await timed(async () => await openDocument({ path }, choices, { microvisor: cold })));
    times.fork.push(await timed(async () => await mayfly.open(path, choices)));
    await mayfly.standby("office", 1);
    times.standby.push(await timed(async () => await mayfly.open(path, choices)));
    await mayfly.standby("office", 0);
  }
  return {
    coldMs: summary(times.cold),
    forkMs: summary(times.fork),
    standbyMs: summary(times.standby),
    standbyTimesFaster: round(median(times.cold) / median(times.standby)),
  };
}

async function timed(work) {
  const from = performance.now();
  const result = await work();
  if (result.outcome.kind !== "converted" || !result.report.disposal.complete)
    throw new Error(JSON.stringify(result));
  return performance.now() - from;
}

/** The same documents at once by Mayfly, and one after another cold: as many of those as patience allows, and said so. */
async function batch({ mayfly, scratch, cold }, count) {
  const paths = Array.from({ length: count }, (_, index) => {
    const path = join(scratch, `copy-${index}.docx`);
    if (!existsSync(path)) copyFileSync(join(scratch, "three-pages.docx"), path);
    return path;
  });
  await mayfly.standby("office", 2);
  const batchMs = await elapsed(async () => {
    const results = await mayfly.openMany(paths, { force: true });
    if (results.some(({ exitCode }) => exitCode !== 0)) throw new Error(JSON.stringify(results));
  });
  await mayfly.standby("office", 0);
  const coldEach = [];
  for (const path of paths.slice(0, COLD_ROUNDS))
    coldEach.push(
      await timed(async () => await openDocument({ path }, { force: true }, { microvisor: cold })),
    );
  const coldTotalMs = (coldEach.reduce((sum, ms) => sum + ms, 0) / coldEach.length) * count;
  return {
    documents: count,
    batchMs: round(batchMs, 0),
    coldEachMs: summary(coldEach),
    coldOneAfterAnotherMs: round(coldTotalMs, 0),
    coldMeasured: coldEach.length,
    timesFaster: round(coldTotalMs / batchMs),
  };
}

async function elapsed(work) {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** Memory of the whole Node process that makes a PDF of 200 pages. */
function largePdf(path, out) {
  const script = `
    import { Mayfly } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)};
    await using mayfly = await Mayfly.open();
    const { outcome, pages, timings } = await mayfly.open(${JSON.stringify(path)}, { force: true, out: ${JSON.stringify(out)} });
    await mayfly.close();
    console.log(JSON.stringify({ outcome, pages, ms: timings.ended, rssMiB: process.resourceUsage().maxRSS / 1024 }));`;
  const said = execFileSync(
    process.execPath,
    ["--input-type=module", "-e", script.replace("await using", "const")],
    { encoding: "utf8" },
  );
  const { outcome, pages, ms, rssMiB } = JSON.parse(said);
  if (outcome.kind !== "converted") throw new Error(said);
  return { pages, ms: round(ms, 0), peakRssMiB: round(rssMiB) };
}

/** Private memory of idle forks, LibreOffice loaded in each. */
async function idle(mayfly, count) {
  const forks = [];
  for (let index = 0; index < count; index++) forks.push(await mayfly.fork("office"));
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const pids = forks.flatMap(({ id }) => ledgerPids(id));
  const each = (...fields) => round(memoryMiB(pids, ...fields) / count);
  const result = { alive: count, privateMiB: each("Private_Dirty", "Private_Clean"), pssMiB: each("Pss") };
  await Promise.all(forks.map((fork) => fork.kill()));
  return result;
}
