import { readFileSync, readdirSync } from "node:fs";
import { Mayfly } from "../dist/index.js";
import { cpus, loadavg, release, totalmem } from "node:os";

/** Runs `work` with a Mayfly of its own. */
export async function withMayfly(work) {
  const mayfly = await Mayfly.open();
  try {
    return await work(mayfly);
  } finally {
    await mayfly.close();
  }
}

/** What a figure depends on. */
export function machineFacts(engine) {
  const [first] = cpus();
  return {
    processor: first?.model ?? "unknown",
    cores: cpus().length,
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    kernel: release(),
    node: process.version,
    qemu: engine.version,
    loadAtStart: loadavg()[0],
  };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    n: values.length,
    min: round(sorted[0]),
    p50: round(median(values)),
    p90: round(sorted[Math.floor(sorted.length * 0.9)]),
    max: round(sorted.at(-1)),
  };
}

export const round = (value, digits = 2) => Number(value.toFixed(digits));

/** Sum of a field over processes, from smaps_rollup, in MiB. */
export function memoryMiB(pids, ...fields) {
  const kib = pids.flatMap((pid) => {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return fields.map((field) => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0));
  });
  return kib.reduce((sum, value) => sum + value, 0) / 1024;
}

/** CPU seconds that a process has used, from /proc/PID/stat. */
export function cpuSeconds(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Milliseconds on a processor of all threads that a process has, to the nanosecond: other work on the machine hardly shows in it. */
export function cpuMs(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const ran = threads.map((tid) =>
    Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, "latin1").split(" ")[0]),
  );
  return ran.reduce((sum, ns) => sum + ns, 0) / 1e6;
}
