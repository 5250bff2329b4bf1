import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { clearTimeout, setTimeout } from "node:timers";
import { hostCpu } from "../../dist/engine/index.js";
import { CORES, MEMORY_MIB, PROCESSOR } from "./recipe.mjs";

/** A busy host makes an emulated kernel measure its clock wrongly, so it is told; `mitigations` guard nobody in here. */
const KERNEL_LINE = `console=ttyS0 quiet panic=-1 random.trust_cpu=on mitigations=off no_timer_check tsc=reliable tsc_early_khz=${hostCpu().tscKhz}`;

/**
 * Boots the outer machine and hands each line of its console to `onLine`, until it powers itself off or `deadlineMs` is over.
 * It has no network, and its disks are read-only.
 * @returns {Promise<string>} how it ended
 */
export async function runOuterMachine({ kernel, initramfs, disk, payload, deadlineMs, onLine }) {
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
  ];
  // Dies with us, however we die.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", "qemu-system-x86_64", ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const late = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  const errors = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    // The model's features that TCG lacks: known, and none of them is needed.
    if (!line.includes("TCG doesn't support requested feature")) errors.push(line);
  });
  createInterface({ input: child.stdout }).on("line", (line) =>
    onLine(stripVTControlCharacters(line).replace(/\r/g, "")),
  );
  const [code, signal] = await new Promise((resolve) => child.once("close", (...end) => resolve(end)));
  clearTimeout(late);
  return signal === null
    ? [`exit status ${code}`, ...errors].join("; ")
    : `killed (${signal}): over ${deadlineMs / 60_000} min?`;
}
