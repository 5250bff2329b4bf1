import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bubblewrapArguments,
  cgroupHost,
  launchCommand,
  makeCgroups,
  planCgroups,
} from "../../src/engine/jail/index.ts";
import { removeCgroup } from "../../src/disposal/index.ts";
import { newVmId } from "../../src/foundation/index.ts";
import { Mayfly, type Fork } from "../../src/index.ts";
import { spawnSupervised } from "../../src/process/index.ts";
import { ledgerEntries } from "../support/leftovers.ts";

let scratch: string;
let binary: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "mayfly-jail-"));
  chmodSync(scratch, 0o755);
  binary = join(scratch, "probe");
  execFileSync("musl-gcc", ["-static", "-Os", "-o", binary, "test/support/jail-probe.c"]);
});
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs the probe where QEMU would run, and gives back what it could do. */
async function probe(...targets: string[]): Promise<Map<string, string>> {
  const id = newVmId();
  const cgroups = planCgroups(id);
  makeCgroups(id, { memory: 64 * 1024 * 1024, tbSize: 1, cpus: undefined });
  try {
    const jail = bubblewrapArguments({
      binds: [
        { kind: "read-only", host: binary, inside: "/probe" },
        { kind: "read-only", host: "/etc/hostname", inside: "/template/ram" },
      ],
      env: {},
      infoFd: 3,
      argv: ["/probe", ...targets],
      disableUserns: true,
    });
    const child = await spawnSupervised({
      argv: launchCommand({ id, cgroups, jail, kvmGroup: undefined, largestFile: undefined }),
      pipes: 1,
    });
    const said = await text(child.stdout);
    expect(await child.exit, child.errors.lines().join("\n")).toEqual({ code: 0, signal: null });
    return new Map(
      said
        .trim()
        .split("\n")
        .map((line) => line.split("=") as [string, string]),
    );
  } finally {
    for (const path of cgroups) await removeCgroup(path);
  }
}

describe("in QEMU's place, a probe", () => {
  it("cannot open the user's files, other tasks, the ledger or the system's secrets", async () => {
    const mine = join(scratch, "private.txt");
    writeFileSync(mine, "secret", { mode: 0o666 });
    const targets = [
      mine,
      "/etc/passwd",
      "/etc/shadow",
      "/root",
      "/home",
      "/run/mayfly",
      "/var/lib/mayfly",
      "/proc/self/maps",
      "/proc/1/root",
      "/sys",
      "/dev/mem",
      "/dev/kvm",
      "/tmp",
      process.cwd(),
    ];
    const could = await probe(...targets.map((path) => `open:${path}`));
    for (const path of targets) expect(could.get(`open:${path}`), path).toBe("no");
  });

  it("can read what it was given and write nothing anywhere", async () => {
    const could = await probe(
      "open:/template/ram",
      "write:/template/ram",
      "write:/template/new",
      "write:/new",
      "write:/probe",
    );
    expect(Object.fromEntries(could)).toMatchObject({
      "open:/template/ram": "yes",
      "write:/template/ram": "no",
      "write:/template/new": "no",
      "write:/new": "no",
      "write:/probe": "no",
    });
  });

  it("reaches no server of the host and finds no network interface but loopback", async () => {
    const server = createServer((_request, response) => response.end("hello"));
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    const could = await probe(
      `connect:127.0.0.1:${port}`,
      "connect:10.0.0.1:80",
      "interfaces:",
      "abstract:/run/dbus",
    );
    server.close();
    expect(could.get(`connect:127.0.0.1:${port}`)).toBe("no");
    expect(could.get("connect:10.0.0.1:80")).toBe("no");
    expect(could.get("interfaces:")).toBe("lo");
  });

  it("sees no process but itself, is not root to the host, and can gain nothing", async () => {
    const could = await probe("pid:", "kill:-1", "userns:", "setuid:0", "caps:", "core:");
    expect(could.get("pid:")).toBe("1");
    expect(could.get("userns:")).toBe("no");
    expect(could.get("caps:")).toBe("0");
    expect(could.get("core:")).toBe("0");
    expect(could.get("setuid:0")).toBe("no");
  });
});

describe("a live micro-VM's QEMU", () => {
  let mayfly: Mayfly;
  let fork: Fork;
  let pid: number;
  beforeAll(async () => {
    mayfly = await Mayfly.open();
    fork = await mayfly.fork("base");
    pid = ledgerEntries().find(({ id }) => id === fork.id)?.processes[0]?.pid ?? 0;
  });
  afterAll(async () => {
    await fork.kill();
    await mayfly.close();
  });
  const status = (field: string): string =>
    new RegExp(`^${field}:\\s*(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";

  it("is not root, has no capability, cannot gain any, and is under seccomp", () => {
    expect(status("Uid").split("\t")).not.toContain("0");
    expect(status("CapEff")).toMatch(/^0+$/);
    expect(status("CapBnd")).toMatch(/^0+$/);
    expect(status("NoNewPrivs")).toBe("1");
    expect(status("Seccomp")).toBe("2");
  });

  it.each(["user", "pid", "mnt", "ipc", "uts", "net", "cgroup"])("has a %s namespace of its own", (name) => {
    expect(readlinkSync(`/proc/${pid}/ns/${name}`)).not.toBe(readlinkSync(`/proc/self/ns/${name}`));
  });

  it("sees only what it needs", () => {
    expect(readdirSync(`/proc/${pid}/root`).sort()).toEqual(
      expect.not.arrayContaining(["home", "root", "proc", "sys", "tmp", "run", "var"]) as string[],
    );
    expect(
      readFileSync(`/proc/${pid}/net/dev`, "utf8")
        .match(/^\s*\w+:/gm)
        ?.map((name) => name.trim()),
    ).toEqual(["lo:"]);
  });

  it("is in a cgroup with limits, where the machine has them", ({ skip }) => {
    const memory = cgroupHost()?.parents.memory;
    if (memory === undefined) skip("this machine lets us make no memory cgroup");
    expect(
      readFileSync(join(memory ?? "", `mayfly-${fork.id}`, "cgroup.procs"), "utf8").split("\n"),
    ).toContain(String(pid));
  });
});
