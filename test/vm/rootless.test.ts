import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OrdinaryUser } from "../support/ordinary-user.ts";
import { isRoot } from "../support/private-store.ts";
import { MayflyChild } from "../support/run-child.ts";

let user: OrdinaryUser;
beforeAll(() => {
  user = new OrdinaryUser();
});
afterAll(() => {
  user[Symbol.dispose]();
});

/** Processes of the host that belong to the micro-VM. */
function processesOf(id: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(`mayfly-${id}`);
    } catch {
      return false;
    }
  });
}

describe("an ordinary user", () => {
  it("gets from nothing to a task's end: image, template, micro-VM", async () => {
    const { status, stdout, stderr } = await user.mayfly([
      "run",
      "--json",
      "--",
      "sh",
      "-c",
      "echo out; exit 3",
    ]);
    expect(status, stderr).toBe(3);
    const result = JSON.parse(stdout.toString()) as { outcome: unknown; disposal: { complete: boolean } };
    expect(result).toMatchObject({ outcome: { kind: "exited", code: 3 }, disposal: { complete: true } });
    const store = join(user.home, ".local/share/mayfly");
    expect(readdirSync(join(store, "tmp"))).toEqual([]);
    expect(
      readdirSync(join(store, "templates")).filter(
        (name) => name.startsWith("base-") && !name.endsWith(".lock"),
      ),
    ).toHaveLength(1);
    expect(statSync(join(store, "images")).uid).toBe(user.uid);
  });

  it("gives files in and gets files out that are the user's", async () => {
    const input = join(user.home, "in.txt");
    writeFileSync(input, "b\na\n");
    chmodSync(input, 0o644);
    const { status, stderr } = await user.mayfly([
      "run",
      "--out",
      "results",
      "in.txt",
      "--",
      "sh",
      "-c",
      "sort /in/in.txt >/out/sorted.txt",
    ]);
    expect(status, stderr).toBe(0);
    const output = join(user.home, "results", "sorted.txt");
    expect(readFileSync(output, "utf8")).toBe("a\nb\n");
    expect(statSync(output).uid).toBe(user.uid);
  });

  it("has micro-VMs in the same jail, swept after a kill -9", async () => {
    const script = `import { Mayfly } from ${JSON.stringify(join(user.installation, "dist/index.js"))};
      const m = await Mayfly.open(); const f = await m.fork("base"); console.log("forked", f.id); setInterval(() => {}, 1000);`;
    const child = new MayflyChild(script, user.session);
    const id = await child.reached("forked");
    const entry = join(user.runDirectory, `${id}.json`);
    const { processes, cgroups } = JSON.parse(readFileSync(entry, "utf8")) as {
      processes: { pid: number }[];
      cgroups: string[];
    };
    const proc = `/proc/${processes[0]?.pid ?? 0}`;
    const status = readFileSync(`${proc}/status`, "utf8");
    const uids = /^Uid:\s*(.*)$/m.exec(status)?.[1]?.split("\t") ?? [];
    expect(new Set(uids)).toEqual(new Set([String(user.uid)]));
    expect(status).toMatch(/^CapEff:\s*0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s*1$/m);
    expect(status).toMatch(/^Seccomp:\s*2$/m);
    for (const name of ["user", "pid", "mnt", "ipc", "uts", "net", "cgroup"]) {
      expect(readlinkSync(`${proc}/ns/${name}`), name).not.toBe(readlinkSync(`/proc/self/ns/${name}`));
    }
    expect(readdirSync(`${proc}/root`)).not.toContain("home");
    expect(statSync(user.runDirectory)).toMatchObject({ uid: user.uid });
    expect(statSync(user.runDirectory).mode & 0o777).toBe(0o700);
    expect(statSync(entry).mode & 0o077).toBe(0);

    await child.kill();
    expect((await user.mayfly(["run", "--", "true"])).status).toBe(0);
    expect(processesOf(id)).toEqual([]);
    expect(existsSync(entry)).toBe(false);
    expect(cgroups.filter(existsSync)).toEqual([]);
  });

  it("is told by doctor that everything required is there", async () => {
    const { status, stdout, stderr } = await user.mayfly(["doctor", "--json"]);
    const { ready, findings } = JSON.parse(stdout.toString()) as {
      ready: boolean;
      findings: { name: string; state: string; isRequired: boolean; evidence: string }[];
    };
    expect(findings.filter(({ isRequired, state }) => isRequired && state !== "on")).toEqual([]);
    expect(ready).toBe(true);
    expect(status, stderr).toBe(0);
    expect(findings.find(({ name }) => name === "unprivileged user")?.evidence).toContain(String(user.uid));
  });

  it("has the run directory in XDG_RUNTIME_DIR where there is one", async () => {
    const runtime = join(user.home, "runtime");
    mkdirSync(runtime, { mode: 0o700 });
    if (isRoot) chownSync(runtime, user.uid, user.gid);
    user.runtime = runtime;
    try {
      expect((await user.mayfly(["run", "--", "true"])).status).toBe(0);
    } finally {
      user.runtime = undefined;
    }
    const { mode, uid } = statSync(join(runtime, "mayfly"));
    expect([mode & 0o777, uid]).toEqual([0o700, user.uid]);
    expect(readdirSync(join(runtime, "mayfly"))).toEqual([]);
  });

  it("does not use a run directory that is somebody else's, and shuts one that is open to others", async ({
    skip,
  }) => {
    if (!isRoot) skip("it takes root to make another user's directory");
    rmSync(user.runDirectory, { recursive: true, force: true });
    mkdirSync(user.runDirectory, { mode: 0o777 });
    chmodSync(user.runDirectory, 0o777);
    const refused = await user.mayfly(["run", "--", "true"]);
    expect(refused.status).toBe(73);
    expect(refused.stderr).toContain(`The run directory ${user.runDirectory} cannot be used`);
    expect(refused.stderr).toContain("MAYFLY_RUNTIME");
    chownSync(user.runDirectory, user.uid, user.gid);
    expect((await user.mayfly(["run", "--", "true"])).status).toBe(0);
    expect(statSync(user.runDirectory).mode & 0o777).toBe(0o700);
  });

  it("without subordinate ids is told how to get them", async ({ skip }) => {
    if (!isRoot) skip("it takes root to take them away");
    for (const [file, option] of [
      ["/etc/subuid", "--del-subuids"],
      ["/etc/subgid", "--del-subgids"],
    ] as const) {
      const [, from = "", count = ""] =
        readFileSync(file, "utf8")
          .split("\n")
          .find((line) => line.startsWith(`${user.name}:`))
          ?.split(":") ?? [];
      execFileSync("usermod", [option, `${from}-${Number(from) + Number(count) - 1}`, user.name]);
    }
    const { status, stderr } = await user.mayfly(["images", "build", "base"], {
      MAYFLY_HOME: join(user.home, "second"),
    });
    expect(status).toBe(69);
    expect(stderr).toContain(`${user.name} has no subordinate user and group ids`);
    expect(stderr).toContain("sudo usermod --add-subuids");
  });
});
