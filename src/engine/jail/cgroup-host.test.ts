import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MIB } from "../../foundation/index.ts";
import { findCgroupHost } from "./cgroup-host.ts";
import { makeCgroups, planCgroups } from "./cgroup.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cgroup-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A directory that looks like a cgroup. */
function cgroup(path: string, control = ""): string {
  const directory = join(root, path);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "cgroup.procs"), "");
  writeFileSync(join(directory, "cgroup.subtree_control"), control);
  return directory;
}

describe("findCgroupHost", () => {
  it("finds each v1 controller below our own cgroup", () => {
    const memory = cgroup("memory/box");
    const pids = cgroup("pids");
    const mounts = `cgroup ${root}/memory cgroup rw,memory 0 0\ncgroup ${root}/pids cgroup rw,pids 0 0\n`;
    const host = findCgroupHost("8:pids:/\n4:memory:/box\n", mounts, true);
    expect(host).toEqual({ version: 1, parents: { memory, pids } });
  });

  it("uses the delegated parent of our own v2 cgroup", () => {
    const slice = cgroup("app.slice", "memory pids cpu");
    cgroup("app.slice/run-1.scope");
    const host = findCgroupHost("0::/app.slice/run-1.scope\n", `cgroup2 ${root} cgroup2 rw 0 0\n`, false);
    expect(host).toEqual({ version: 2, parents: { memory: slice, pids: slice, cpu: slice } });
  });

  it("finds none where nothing is delegated", () => {
    expect(findCgroupHost("0::/session.scope\n", `cgroup2 ${root} cgroup2 rw 0 0\n`, false)).toBeUndefined();
    expect(findCgroupHost("", "", false)).toBeUndefined();
  });

  it("leaves a v2 hierarchy without controllers for v1", () => {
    const memory = cgroup("memory");
    cgroup("unified/a");
    const mounts = `cgroup2 ${root}/unified cgroup2 rw 0 0\ncgroup ${root}/memory cgroup rw,memory 0 0\n`;
    expect(findCgroupHost("4:memory:/\n0::/a/b\n", mounts, false)).toEqual({
      version: 1,
      parents: { memory },
    });
  });
});

describe("makeCgroups", () => {
  const limits = { memory: 256 * MIB, tbSize: 16, cpus: 0.5 };

  it("writes v2 limits: memory with QEMU's own needs, no swap, threads, CPU share", () => {
    const slice = cgroup("s");
    const host = { version: 2, parents: { memory: slice, pids: slice, cpu: slice } } as const;
    expect(planCgroups("m1", host)).toEqual([join(slice, "mayfly-m1")]);
    mkdirSync(join(slice, "mayfly-m1"));
    for (const file of ["memory.max", "memory.swap.max", "pids.max", "cpu.max"])
      writeFileSync(join(slice, "mayfly-m1", file), "");
    makeCgroups("m1", limits, host);
    const read = (file: string): string => readFileSync(join(slice, "mayfly-m1", file), "utf8");
    expect(Number(read("memory.max"))).toBe((256 + 16 + 256) * MIB);
    expect(read("memory.swap.max")).toBe("0");
    expect(read("cpu.max")).toBe("50000 100000");
    expect(Number(read("pids.max"))).toBeGreaterThan(10);
  });

  it("makes one directory a controller under v1", () => {
    const memory = cgroup("memory");
    const cpu = cgroup("cpu");
    const host = { version: 1, parents: { memory, cpu } } as const;
    makeCgroups("m1", limits, host);
    expect(readFileSync(join(cpu, "mayfly-m1", "cpu.cfs_quota_us"), "utf8")).toBe("50000");
    expect(planCgroups("m1", host)).toHaveLength(2);
  });
});
