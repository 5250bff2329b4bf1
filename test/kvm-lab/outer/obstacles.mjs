// What Mayfly says of the device while the module is not loaded: with no device, and with a node that nothing serves.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { obstacleTo } from "/mayfly/dist/microvisor/index.js";

const DEVICE = "/dev/kvm";
rmSync(DEVICE, { force: true });
const missing = obstacleTo(DEVICE);
execFileSync("mknod", ["-m", "666", DEVICE, "c", "10", "232"]);
// Opening such a node makes the kernel look for a module; there is to be none.
const modprobe = "/proc/sys/kernel/modprobe";
execFileSync("sh", ["-c", `cat ${modprobe} >/run/modprobe; echo /nonexistent >${modprobe}`]);
const driverless = obstacleTo(DEVICE);
execFileSync("sh", ["-c", `cat /run/modprobe >${modprobe}`]);
rmSync(DEVICE);
process.stdout.write(JSON.stringify({ missing, driverless }));
