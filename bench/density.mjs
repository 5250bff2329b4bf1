import { readdirSync, readFileSync } from "node:fs";
import { ledgerPid, ledgerPids } from "./ledger.mjs";
import { memoryMiB, round, withMayfly } from "./machine.mjs";

/** Memory of idle forks: identified, nothing run yet. QEMU and its jail together. */
export async function idleMemory(count) {
  return await withMayfly(async (mayfly) => await measureIdle(mayfly, count));
}

async function measureIdle(mayfly, count) {
  const forks = await many(mayfly, count);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const pids = forks.flatMap(({ id }) => ledgerPids(id));
  const each = (...fields) => round(memoryMiB(pids, ...fields) / count);
  const result = {
    alive: count,
    privateMiB: each("Private_Dirty", "Private_Clean"),
    pssMiB: each("Pss"),
    rssMiB: each("Rss"),
  };
  await Promise.all(forks.map((fork) => fork.kill()));
  return result;
}

/** Many alive at once, each answering a command; then all destroyed, and what is left of them. */
export async function crowd(count) {
  return await withMayfly(async (mayfly) => await measureCrowd(mayfly, count));
}

async function measureCrowd(mayfly, count) {
  const from = performance.now();
  const forks = await many(mayfly, count);
  let answers = 0;
  for (const fork of forks) {
    const guest = fork.exec(["echo", fork.id]);
    guest.stdin.end();
    guest.stderr.resume();
    let text = "";
    for await (const chunk of guest.stdout) text += String(chunk);
    await guest.exit;
    if (text === `${fork.id}\n`) answers++;
  }
  const pids = forks.flatMap(({ id }) => ledgerPids(id));
  const pssMiB = round(memoryMiB(pids, "Pss") / count);
  const privateMiB = round(
    memoryMiB(
      forks.map(({ id }) => ledgerPid(id)),
      "Private_Dirty",
      "Private_Clean",
    ) / count,
  );
  const end = performance.now();
  const steps = await Promise.all(forks.map((fork) => fork.kill()));
  const destroyedMs = round(performance.now() - end, 0);
  const failed = steps.flat().filter(({ ok }) => !ok).length;
  return {
    alive: count,
    answers,
    startedAndAnsweredMs: round(end - from, 0),
    pssMiB,
    privateMiB,
    destroyedMs,
    failedSteps: failed,
    leftovers: leftovers(forks.map(({ id }) => id)),
  };
}

async function many(mayfly, count) {
  const forks = [];
  const worker = async () => {
    while (forks.length < count) {
      const slot = forks.push(undefined) - 1;
      forks[slot] = await mayfly.fork("base");
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return forks;
}

function leftovers(ids) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, "latin1");
        return ids.some((id) => argv.includes(id));
      } catch {
        return false;
      }
    }).length;
}
