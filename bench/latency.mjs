import { ledgerPid } from "./ledger.mjs";
import { newVmId } from "../dist/foundation/index.js";
import { bootMachine } from "../dist/microvisor/index.js";
import { cpuSeconds, median, round, summary, withMayfly } from "./machine.mjs";

const COMMAND = ["echo", "hi"];

/**
 * Cold boot, fork and standby to the first byte of the same command's output, taken in turns within one run, so that
 * what else the machine does falls on all of them alike.
 */
export async function latency(host, image, accelerator, rounds) {
  return await withMayfly(async (mayfly) => await compare(mayfly, { host, image, accelerator, rounds }));
}

async function compare(mayfly, { host, image, accelerator, rounds }) {
  const cold = [];
  const fork = [];
  const standby = [];
  const cpu = [];
  for (let i = 0; i < rounds; i++) {
    if (i % 5 === 0) cold.push(await coldBoot(host, image, accelerator));
    fork.push(await firstByte(mayfly, "fork"));
    await mayfly.standby("base", 1);
    const before = process.cpuUsage();
    standby.push(await firstByte(mayfly, "standby"));
    const used = process.cpuUsage(before);
    cpu.push((used.user + used.system) / 1000);
    await mayfly.standby("base", 0);
  }
  return {
    coldBootMs: summary(cold),
    forkMs: summary(fork),
    standbyMs: summary(standby),
    nodeCpuPerStandbyRunMs: summary(cpu),
    forkTimesFaster: round(median(cold) / median(fork)),
    standbyTimesFaster: round(median(cold) / median(standby)),
  };
}

async function firstByte(mayfly, origin) {
  const result = await mayfly.run({ command: COMMAND });
  if (result.origin !== origin || result.stdout.toString() !== "hi\n" || !result.disposal.complete)
    throw new Error(JSON.stringify(result));
  return result.timings.firstByte;
}

async function coldBoot(host, image, accelerator) {
  const from = performance.now();
  const vm = await bootMachine(host, { id: newVmId(), image, accelerator, deadlineMs: 120_000 });
  const guest = vm.agent.exec({ argv: COMMAND, env: {}, cwd: "/home/user", user: "user" });
  guest.stdin.end();
  guest.stderr.resume();
  const at = await new Promise((resolve) =>
    guest.stdout.once("data", () => resolve(performance.now() - from)),
  );
  guest.stdout.resume();
  await guest.exit;
  await vm.dispose();
  return at;
}

/** 256 MiB each way: rate, and the share of one host core that this process (Node) and QEMU used. */
export async function throughput(bytes) {
  return await withMayfly(async (mayfly) => {
    const fork = await mayfly.fork("base");
    try {
      return await transfer(fork, bytes);
    } finally {
      await fork.kill();
    }
  });
}

async function transfer(fork, bytes) {
  const qemu = ledgerPid(fork.id);
  const chunk = Buffer.alloc(64 * 1024, 7);
  const measure = async (work) => {
    const [from, cpu, qemuCpu] = [performance.now(), process.cpuUsage(), cpuSeconds(qemu)];
    const moved = await work();
    const seconds = (performance.now() - from) / 1000;
    const used = process.cpuUsage(cpu);
    return {
      MBps: round(moved / 1e6 / seconds, 1),
      nodeShareOfCore: round((used.user + used.system) / 1e6 / seconds),
      qemuShareOfCore: round((cpuSeconds(qemu) - qemuCpu) / seconds),
    };
  };
  const hostToGuest = await measure(async () => {
    const guest = fork.exec(["sh", "-c", "cat >/dev/null"]);
    guest.stdout.resume();
    guest.stderr.resume();
    for (let sent = 0; sent < bytes; sent += chunk.length)
      if (!guest.stdin.write(chunk)) await new Promise((resolve) => guest.stdin.once("drain", resolve));
    guest.stdin.end();
    await guest.exit;
    return bytes;
  });
  const guestToHost = await measure(async () => {
    const guest = fork.exec(["dd", "if=/dev/zero", "bs=64k", `count=${bytes / 65536}`]);
    guest.stdin.end();
    guest.stderr.resume();
    let got = 0;
    for await (const data of guest.stdout) got += data.length;
    await guest.exit;
    return got;
  });
  return { bytes, hostToGuest, guestToHost };
}
