import { accessSync, constants, existsSync, mkdirSync, readFileSync, statfsSync } from "node:fs";
import { arch, freemem, platform, release } from "node:os";
import { dirname } from "node:path";
import { MIB, GIB, formatSize, runDirectory } from "../../foundation/index.ts";
import type { Host } from "../../microvisor/index.ts";
import { runTool } from "../../process/index.ts";
import type { Check } from "./check.ts";
import { holds, off, on, type Observation } from "./finding.ts";

/** A first image with its packages, and a template or two. */
const WANTED_DISK = 2 * GIB;
const WANTED_MEMORY = 512 * MIB;

/** What Mayfly needs of this machine. */
export const SYSTEM_CHECKS: readonly Check<Host>[] = [
  {
    name: "Linux on x86-64",
    isRequired: true,
    look: () => holds(platform() === "linux" && arch() === "x64", `${platform()} ${release()} ${arch()}`),
  },
  { name: "QEMU", isRequired: true, look: qemu },
  { name: "bubblewrap", isRequired: true, look: bubblewrap },
  { name: "user namespaces", isRequired: true, look: userNamespaces },
  { name: "store", isRequired: true, look: store },
  { name: "disk space", isRequired: false, look: diskSpace },
  { name: "run directory", isRequired: true, look: () => on(`${runDirectory()} is yours and writable`) },
  { name: "memory", isRequired: false, look: memory },
];

async function qemu({ engine }: Host): Promise<Observation> {
  const { version, binary } = await engine.facts();
  return on(`${version} (${binary})`);
}

async function bubblewrap(): Promise<Observation> {
  const { stdout } = await runTool(["bwrap", "--version"], { timeoutMs: 20_000, failure: "E_SETUP_NEEDED" });
  return on(stdout.trim().replace(/^bubblewrap /, ""));
}

/** The sysctls of the kernel, of Debian and of Ubuntu that keep a user from making namespaces. */
function userNamespaces(): Observation {
  const sysctl = (name: string): string | undefined =>
    existsSync(`/proc/sys/${name}`) ? readFileSync(`/proc/sys/${name}`, "latin1").trim() : undefined;
  if (sysctl("user/max_user_namespaces") === "0")
    return off("user.max_user_namespaces is 0", "sudo sysctl user.max_user_namespaces=10000");
  if (process.getuid?.() === 0) return on("root may make them");
  if (sysctl("kernel/unprivileged_userns_clone") === "0")
    return off("kernel.unprivileged_userns_clone is 0", "sudo sysctl kernel.unprivileged_userns_clone=1");
  if (sysctl("kernel/apparmor_restrict_unprivileged_userns") === "1") {
    return off(
      "AppArmor restricts them (kernel.apparmor_restrict_unprivileged_userns 1)",
      "Give /usr/bin/bwrap an AppArmor profile with `userns,`, or set that sysctl to 0.",
    );
  }
  return on("a user may make them");
}

function store({ store: path }: Host): Observation {
  mkdirSync(path, { recursive: true });
  accessSync(path, constants.W_OK);
  return on(`${path} is writable`);
}

function diskSpace({ store: path }: Host): Observation {
  let existing = path;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  const free = bavail * bsize;
  return holds(
    free >= WANTED_DISK,
    `${formatSize(free)} free for the store`,
    `Free some space (a first image wants ${formatSize(WANTED_DISK)}), or set MAYFLY_HOME to another disk.`,
  );
}

function memory(): Observation {
  const available =
    Number(
      /^MemAvailable:\s*(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "latin1"))?.[1] ?? freemem() / 1024,
    ) * 1024;
  return holds(
    available >= WANTED_MEMORY,
    `${formatSize(available)} available`,
    "End other programs or micro-VMs (`mayfly ps`).",
  );
}
