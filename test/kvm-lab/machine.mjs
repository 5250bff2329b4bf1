import { readFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { clearTimeout, setTimeout } from "node:timers";
import { setTimeout as wait } from "node:timers/promises";
import { hostCpu } from "../../dist/engine/index.js";
import { CORES, MEMORY_MIB, PROCESSOR } from "./recipe.mjs";

/**
 * A busy host makes an emulated kernel measure its clock wrongly, so it is told; `mitigations` guard nobody in here; what
 * waits busily (KVM for a halted guest) or waits for ticks (RCU) takes the processor from others. A kernel that found
 * itself broken ends at once, before a test is judged in it.
 */
const KERNEL_LINE = [
  ...["console=ttyS0 quiet oops=panic panic=-1 random.trust_cpu=on mitigations=off nowatchdog"],
  ...["no_timer_check tsc=reliable", `tsc_early_khz=${hostCpu().tscKhz}`],
  ...["kvm.halt_poll_ns=0 rcupdate.rcu_expedited=1"],
].join(" ");

/** The outer machine says this every 20 s or so, whatever else it does: `outer/start`. */
const BEAT = "lab: beat";
/** What it says of a guest that the emulator broke: `outer/start`. */
const BROKEN = "lab: broken guest";
/** Its last word, before it powers itself off: `outer/start`. */
const DOWN = "lab: down";
/** Without a word for so long, the machine itself stands still: no limit of a test in it can end that. */
const STILL_MS = 5 * 60_000;

/**
 * Boots the outer machine and hands each line of its console to `onLine`, until it powers itself off `deadlineMs` is over, or it stands still: then `onLine` gets the state of its processors.
 * It has no network, and its disks are read-only.
 * @returns {Promise<{ how: string, fault: string | undefined, processorS: number }>} how it ended, what the emulator did wrong, and the processor time it took
 */
export async function runOuterMachine({
  emulator,
  kernel,
  initramfs,
  disk,
  payload,
  work,
  deadlineMs,
  onLine,
}) {
  const monitor = join(work, "monitor");
  const drive = (id, file) => [
    ...["-drive", `if=none,id=${id},format=raw,readonly=on,file.locking=off,file=${file}`],
    ...["-device", `virtio-blk-pci,drive=${id}`],
  ];
  const argv = [
    ...["-M", "q35", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", PROCESSOR],
    ...[
      "-m",
      `${MEMORY_MIB}M`,
      "-smp",
      String(CORES),
      "-nodefaults",
      "-no-user-config",
      "-no-reboot",
      "-display",
      "none",
    ],
    ...["-kernel", kernel, "-initrd", initramfs, "-append", KERNEL_LINE],
    ...drive("root", disk),
    ...drive("payload", payload),
    ...["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"],
    ...["-monitor", `unix:${monitor},server=on,wait=off`],
  ];
  // Dies with us, however we die.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...emulator, ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let machineFault;
  let guestFault;
  let saidDown = false;
  let processorS = 0;
  const late = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  const still = setTimeout(async () => {
    machineFault = "the outer machine stood still as a whole";
    errors.push("stood still");
    for (const line of await processorsOf(monitor)) onLine(`stands still: ${line}`);
    child.kill("SIGKILL");
  }, STILL_MS);
  const errors = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    // The model's features that TCG lacks: known, and none of them is needed.
    if (!line.includes("TCG doesn't support requested feature")) errors.push(line);
  });
  createInterface({ input: child.stdout }).on("line", (raw) => {
    still.refresh();
    processorS = processorTimeOf(child.pid) ?? processorS;
    const line = stripVTControlCharacters(raw).replace(/\r/g, "");
    if (line === DOWN) saidDown = true;
    if (line.startsWith(BROKEN)) guestFault = "the emulator broke a guest";
    if (line !== BEAT) onLine(line);
  });
  const [code, signal] = await new Promise((resolve) => child.once("close", (...end) => resolve(end)));
  clearTimeout(late);
  clearTimeout(still);
  if (!saidDown && signal !== "SIGKILL") machineFault = "the outer machine ended before its suites did";
  const how =
    signal === null
      ? `exit status ${code}`
      : `killed (${signal}): over ${Math.round(deadlineMs / 60_000)} min?`;
  return { how: [how, ...errors].join("; "), fault: machineFault ?? guestFault, processorS };
}

/** Seconds of processor time of a process until now; undefined where it is gone. The kernel counts in hundredths. */
function processorTimeOf(pid) {
  try {
    const [, fields] = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ");
    const [user, system] = fields.split(" ").slice(11, 13).map(Number);
    return (user + system) / 100;
  } catch {
    return undefined; // ended meanwhile
  }
}

/** Where each processor stands, whether it is halted (HLT), as QEMU's monitor tells within 5 s. */
async function processorsOf(monitor) {
  let said = "";
  const socket = connect(monitor, () => socket.write("info cpus\ninfo registers -a\n"));
  socket.on("data", (chunk) => (said += chunk));
  socket.on("error", (cause) => (said += cause.message));
  await wait(5000);
  socket.destroy();
  return said.split(/\r?\n/).filter((line) => /^(CPU#|RIP=|RFL=|CR0=|EFER=)/.test(line));
}
