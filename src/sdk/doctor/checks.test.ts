import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { perform } from "./check.ts";
import type { Finding } from "./finding.ts";
import { GUEST_CHECKS, parseGuestFacts } from "./guest-checks.ts";
import { JAIL_CHECKS } from "./jail-checks.ts";
import { ProcessFiles } from "./process-files.ts";
import { processorFinding } from "./processor-check.ts";
import { TRACE_CHECKS } from "./trace-checks.ts";

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), "doctor-"));
});
afterEach(() => {
  rmSync(proc, { recursive: true });
});

const KINDS = ["user", "pid", "mnt", "ipc", "uts", "net", "cgroup"];
const STATUS = [
  "Uid:\t60611\t60611\t60611\t60611",
  "NoNewPrivs:\t1",
  "Seccomp:\t2",
  ...["Inh", "Prm", "Eff", "Bnd", "Amb"].map((set) => `Cap${set}:\t0000000000000000`),
].join("\n");
const FILES: Readonly<Record<string, string>> = {
  status: STATUS,
  "net/dev": "Inter-|   Receive\n face |bytes\n    lo:       0\n",
  mountinfo: "1 0 0:1 / / ro,nosuid - tmpfs tmpfs rw\n2 1 8:1 /usr/lib /lib ro,nosuid - ext4 /dev/sda rw\n",
  oom_score_adj: "800\n",
  limits:
    "Limit                     Soft Limit           Hard Limit           Units\nMax core file size        0                    0                    bytes\n",
};

function process(pid: number, files: Readonly<Record<string, string>>, namespaces: number): ProcessFiles {
  const directory = join(proc, String(pid));
  for (const part of ["ns", "net", "root/usr", "root/image", "root/template"])
    mkdirSync(join(directory, part), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  for (const kind of KINDS) symlinkSync(`${kind}:[${namespaces}]`, join(directory, "ns", kind));
  return new ProcessFiles(pid, proc);
}

async function jail(
  change: Readonly<Record<string, string>> = {},
  namespaces = 2,
): Promise<Map<string, Finding>> {
  const findings = await perform("jail", JAIL_CHECKS, {
    qemu: process(7, { ...FILES, ...change }, namespaces),
    self: process(1, {}, 1),
  });
  return new Map(findings.map((finding) => [finding.name, finding]));
}

it("finds every layer of a good jail on", async () => {
  expect([...(await jail()).values()].filter(({ state }) => state !== "on")).toEqual([]);
});

it("lets a jail have the one file that it writes device state into, where that is bounded", async () => {
  const mountinfo = `${FILES["mountinfo"] ?? ""}3 1 0:9 /s /state rw - tmpfs tmpfs rw\n`;
  const limits = `${FILES["limits"] ?? ""}Max file size             16777216             16777216             bytes\n`;
  expect((await jail({ mountinfo, limits })).get("nothing writable")?.state).toBe("on");
});

it.each([
  ["unprivileged user", { status: STATUS.replaceAll("60611", "0") }],
  ["no capabilities", { status: STATUS.replace("CapBnd:\t0000000000000000", "CapBnd:\t000001ffffffffff") }],
  ["no new privileges", { status: STATUS.replace("NoNewPrivs:\t1", "NoNewPrivs:\t0") }],
  ["system call filter", { status: STATUS.replace("Seccomp:\t2", "Seccomp:\t0") }],
  ["no network", { "net/dev": "x\ny\n lo: 0\n eth0: 12\n" }],
  ["nothing writable", { mountinfo: `${FILES["mountinfo"] ?? ""}3 1 8:1 /tmp /tmp rw - ext4 /dev/sda rw\n` }],
  ["nothing writable", { mountinfo: `${FILES["mountinfo"] ?? ""}3 1 0:9 /s /state rw - tmpfs tmpfs rw\n` }], // and no limit
  ["first for the OOM killer", { oom_score_adj: "0\n" }],
  [
    "no core dumps",
    { limits: "Max core file size        unlimited            unlimited            bytes\n" },
  ],
])('tells that the layer "%s" is off', async (name, change) => {
  const finding = (await jail(change)).get(name);
  expect(finding?.state).toBe("off");
  expect(finding?.mend).toBeDefined();
});

it("tells a shared namespace and a file of the host", async () => {
  expect((await jail({}, 1)).get("own namespaces")).toMatchObject({
    state: "off",
    evidence: expect.stringContaining("net") as string,
  });
});

it("tells a directory of the host that QEMU should not see", async () => {
  mkdirSync(join(proc, "7", "root", "home"), { recursive: true });
  expect((await jail()).get("own view of files")).toMatchObject({
    state: "off",
    evidence: "it also sees /home",
  });
});

it("never claims what it could not read", async () => {
  const findings = await perform("jail", JAIL_CHECKS, {
    qemu: new ProcessFiles(9, proc),
    self: new ProcessFiles(1, proc),
  });
  expect(new Set(findings.map(({ state }) => state))).toEqual(new Set(["unknown"]));
});

it("reads what a guest says, and takes silence for unknown", async () => {
  const good =
    "uid=1000\nno_new_privs=1\ncapabilities=0000000000000000 0\ninterfaces=lo \nmodules_disabled=1\nsuid_mounts=\nin=\n";
  const states = async (text: string): Promise<string[]> =>
    (await perform("guest", GUEST_CHECKS, parseGuestFacts(text))).map(({ state }) => state);
  expect(new Set(await states(good))).toEqual(new Set(["on"]));
  expect((await states("")).includes("on")).toBe(false);
  expect(await states(good.replace("interfaces=lo", "interfaces=lo eth0"))).toContain("off");
});

it("calls only a guest that booted hardware isolation", () => {
  expect(processorFinding(undefined).state).toBe("unknown");
  expect(processorFinding({ kind: "hardware", accelerator: "kvm", reason: "" }).state).toBe("on");
  expect(
    processorFinding({
      kind: "emulated",
      accelerator: "tcg",
      reason: "you may not use /dev/kvm: join its group (sudo usermod -aG kvm $USER)",
    }),
  ).toMatchObject({ state: "off", mend: expect.stringContaining("usermod") as string });
});

it("tells swap that could keep a guest's memory", async () => {
  const look = async (swaps: string): Promise<string | undefined> => {
    writeFileSync(join(proc, "swaps"), `Filename Type Size Used Priority\n${swaps}`);
    return (await perform("traces", TRACE_CHECKS, { live: undefined, proc, sys: proc }))[0]?.state;
  };
  expect(await look("")).toBe("on");
  expect(await look("/dev/sda2 partition 1 0 -2\n")).toBe("off");
  expect(await look("/dev/zram0 partition 1 0 100\n")).toBe("on");
});
