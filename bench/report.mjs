import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCorpus } from "./documents.mjs";
import { round, summary, withMayfly } from "./machine.mjs";

/** What a report costs: the kernel check, the time from the command's end until it is kept, and its size for a document. */
export async function report(rounds) {
  return await withMayfly(async (mayfly) => ({
    kernelCheck: await kernelCheck(mayfly, rounds),
    ready: await ready(mayfly, rounds),
    document: await document(mayfly),
  }));
}

/** In a fresh fork each, after a few programs ran. */
async function kernelCheck(mayfly, rounds) {
  const took = [];
  const nodeCpu = [];
  for (let i = 0; i < rounds; i++) {
    const fork = await mayfly.fork("base");
    const guest = fork.exec(["sh", "-c", "ls -lR /usr >/tmp/list; sort /tmp/list | tail -1"]);
    guest.stdin.end();
    guest.stdout.resume();
    guest.stderr.resume();
    await guest.exit;
    const before = process.cpuUsage();
    const record = await fork.checkMemory();
    const { user, system } = process.cpuUsage(before);
    if (record.state !== "checked") throw new Error(record.reason);
    took.push(record.took);
    nodeCpu.push((user + system) / 1000);
    await fork.kill();
  }
  return { tookMs: summary(took), nodeCpuMs: summary(nodeCpu) };
}

/** From the command's end: kernel check, disposal and signing included. */
async function ready(mayfly, rounds) {
  const times = [];
  for (let i = 0; i < rounds; i++) {
    const from = performance.now();
    let told;
    const command = ["sh", "-c", "ls -lR /usr >/tmp/list; sort /tmp/list | tail -1"];
    const result = await mayfly.run({ command, onReport: () => (told = performance.now()) });
    times.push(told - from - result.timings.ended);
  }
  return { afterEndMs: summary(times) };
}

async function document(mayfly) {
  const scratch = mkdtempSync(join(tmpdir(), "mayfly-bench-"));
  try {
    await makeCorpus(mayfly, scratch);
    const result = await mayfly.open(join(scratch, "three-pages.docx"), { out: scratch });
    if (result.exitCode !== 0) throw new Error(result.outcome.message);
    return { docxPages: result.pages, jsonKiB: round(statSync(result.report.report.stored).size / 1024, 1) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
