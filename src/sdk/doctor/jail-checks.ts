import { MIB, formatSize } from "../../foundation/index.ts";
import type { Check } from "./check.ts";
import { holds, off, on, type Observation } from "./finding.ts";
import type { ProcessFiles } from "./process-files.ts";

/** A live QEMU, and ourselves for comparison. */
export interface JailedProcess {
  readonly qemu: ProcessFiles;
  readonly self: ProcessFiles;
}

const NAMESPACES = ["user", "pid", "mnt", "ipc", "uts", "net", "cgroup"] as const;
/** What a fork's QEMU may see at the top of its root. */
const EXPECTED_ROOT = new Set([
  "bin",
  "lib",
  "lib32",
  "lib64",
  "libx32",
  "usr",
  "etc",
  "image",
  "template",
  "dev",
  "state",
]);
/** A file in memory into which QEMU puts the state of its devices when it is asked to, and the most that it may hold. */
const DEVICE_STATE = "/state";
const MOST_STATE = 16 * MIB;
const OTHERS_OOM_SCORE = 0;
const ASK = "Report it: this is a defect of Mayfly or a feature that this kernel lacks.";

/** What holds QEMU from outside, so that a guest that takes QEMU over still has nothing. */
export const JAIL_CHECKS: readonly Check<JailedProcess>[] = [
  { name: "unprivileged user", isRequired: true, look: user },
  { name: "no capabilities", isRequired: true, look: capabilities },
  { name: "no new privileges", isRequired: true, look: ({ qemu }) => flag(qemu, "NoNewPrivs", "1") },
  { name: "system call filter", isRequired: true, look: ({ qemu }) => flag(qemu, "Seccomp", "2") },
  { name: "own namespaces", isRequired: true, look: namespaces },
  { name: "no network", isRequired: true, look: network },
  { name: "own view of files", isRequired: true, look: files },
  { name: "nothing writable", isRequired: true, look: mounts },
  { name: "first for the OOM killer", isRequired: false, look: oomScore },
  { name: "no core dumps", isRequired: true, look: coreDumps },
];

function user({ qemu }: JailedProcess): Observation {
  const ids = qemu.status("Uid").split(/\s+/);
  return holds(!ids.includes("0"), `QEMU runs as uid ${ids[1] ?? "?"}`, ASK);
}

function capabilities({ qemu }: JailedProcess): Observation {
  const sets = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(
    (name) => [name, qemu.status(name)] as const,
  );
  const held = sets.filter(([, value]) => !/^0+$/.test(value)).map(([name, value]) => `${name} ${value}`);
  return holds(held.length === 0, held.length === 0 ? "all five sets are empty" : held.join(", "), ASK);
}

function flag(qemu: ProcessFiles, field: string, wanted: string): Observation {
  const value = qemu.status(field);
  return holds(value === wanted, `${field} ${value}`, ASK);
}

function namespaces({ qemu, self }: JailedProcess): Observation {
  const shared = NAMESPACES.filter((kind) => qemu.namespace(kind) === self.namespace(kind));
  if (shared.length > 0) return off(`shared with the host: ${shared.join(", ")}`, ASK);
  return on(`${NAMESPACES.join(", ")}: none is ours`);
}

function network({ qemu }: JailedProcess): Observation {
  const interfaces = [...qemu.read("net/dev").matchAll(/^\s*([^\s:]+):/gm)].map((match) => match[1] ?? "");
  const others = interfaces.filter((name) => name !== "lo");
  return holds(
    others.length === 0,
    others.length === 0 ? "its network namespace has no interface but lo" : `it has ${others.join(", ")}`,
    ASK,
  );
}

function files({ qemu }: JailedProcess): Observation {
  const entries = qemu.rootEntries();
  const others = entries.filter((name) => !EXPECTED_ROOT.has(name));
  if (others.length > 0) return off(`it also sees /${others.join(", /")}`, ASK);
  return on(
    `its root holds only ${entries
      .sort()
      .map((name) => `/${name}`)
      .join(" ")}`,
  );
}

function mounts({ qemu }: JailedProcess): Observation {
  const lines = qemu
    .read("mountinfo")
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  const writable = lines
    .filter((fields) => !(fields[5] ?? "").split(",").includes("ro"))
    .map((fields) => fields[4] ?? "");
  const most = Number(/^Max file size\s+\S+\s+(\S+)/m.exec(qemu.read("limits"))?.[1]);
  const allowed = ["/dev/kvm", ...(most <= MOST_STATE ? [DEVICE_STATE] : [])];
  const others = writable.filter((path) => !allowed.includes(path));
  const but = writable.length > 0 ? ` but ${writable.map(sayWritable).join(" and ")}` : "";
  return holds(
    others.length === 0,
    others.length === 0 ? `all ${lines.length} mounts${but} are read-only` : `writable: ${others.join(", ")}`,
    ASK,
  );
}

function sayWritable(path: string): string {
  return path === DEVICE_STATE ? `${path} (in memory, at most ${formatSize(MOST_STATE)})` : path;
}

function oomScore({ qemu }: JailedProcess): Observation {
  const score = Number(qemu.read("oom_score_adj"));
  return holds(
    score > OTHERS_OOM_SCORE,
    `oom_score_adj ${score}`,
    "Allow it to be raised; it needs no right by default.",
  );
}

function coreDumps({ qemu }: JailedProcess): Observation {
  const [soft = "?", hard = "?"] =
    /^Max core file size\s+(\S+)\s+(\S+)/m.exec(qemu.read("limits"))?.slice(1) ?? [];
  return holds(soft === "0" && hard === "0", `core file size: ${soft} (hard ${hard})`, ASK);
}
