import { execFileSync } from "node:child_process";
import { readdirSync, renameSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TaskView } from "../../src/contract/api/index.ts";
import { endStarted } from "../e2e/cli-process.ts";
import { mountTmpfs, publicDirectory, remove, seedTemplate, templatesIn } from "../support/private-store.ts";
import { OwnDaemon } from "./own-daemon.ts";

const NOT_ROOT = "it takes a file system of its own, which only root can mount";
const LARGE = Buffer.alloc(4 * 1024 * 1024, "x");

let daemon: OwnDaemon;
let mounted: Disposable | undefined;

beforeEach(() => {
  daemon = new OwnDaemon();
});
afterEach(async () => {
  await endStarted();
  await daemon.cli(["down"]);
  mounted?.[Symbol.dispose]();
  await daemon.end();
});

function fill(directory: string): void {
  const { bavail, bsize } = statfsSync(directory);
  writeFileSync(join(directory, "filler"), Buffer.alloc(bavail * bsize));
}

/** A hole in a template's memory takes room on a tmpfs when a fork reads it, which it does not on a disk. */
function fillHoles(home: string): void {
  for (const name of templatesIn(home)) {
    const ram = join(home, "templates", name, "ram");
    execFileSync("cp", ["-a", "--sparse=never", ram, `${ram}.whole`]);
    renameSync(`${ram}.whole`, ram);
  }
}

async function hand(path: string, content: Uint8Array): ReturnType<OwnDaemon["ask"]> {
  return await daemon.ask("POST", path, { type: "application/octet-stream", content });
}

async function ended(id: string): Promise<TaskView> {
  for (;;) {
    const task = (await daemon.ask("GET", `/v1/tasks/${id}`)).json as TaskView;
    if (task.state === "ended") return task;
  }
}

describe("the daemon, whose disk is full", { timeout: 400_000 }, () => {
  it("of what it keeps: says so, leaves nothing half-taken, and its other tasks go on", async ({ skip }) => {
    const state = join(daemon.directory, "state");
    mounted = mountTmpfs(state, "size=2M");
    if (mounted === undefined) skip(NOT_ROOT);
    const { pid } = await daemon.up("--standby", "base=0");
    const other = daemon.start("run", "--", "cat");
    other.child.stdin.write("before\n");
    await other.printed(/before/);

    // A document that there is no room to take in.
    const refused = await hand("/v1/views/document?name=a.txt", LARGE);
    expect([refused.status, refused.json]).toMatchObject([507, { error: { code: "E_DISK_FULL" } }]);
    expect((refused.json as { error: { next: string } }).error.next).toContain("MAYFLY_STATE");
    expect(readdirSync(join(state, "copies"))).toEqual([]);

    // One whose safe copy there is no room for.
    fill(state);
    const { id } = (await hand("/v1/documents?name=a.txt&as=text", Buffer.from("hi\n"))).json as TaskView;
    const task = await ended(id);
    expect([task.exitCode, task.outcome]).toEqual([74, expect.stringContaining("No space is left in ")]);
    expect(task.copies).toEqual([]);
    expect(readdirSync(join(state, "copies", id))).toEqual([]);

    // A report that there is no room for costs the report, not the task.
    const { status, stdout, stderr } = await daemon.cli(["run", "--", "echo", "hi"]);
    expect([status, stdout.toString()]).toEqual([0, "hi\n"]);
    expect(stderr).toMatch(/the report could not be (kept|made): No space is left for .*ENOSPC/);

    expect((await daemon.ask("GET", "/v1/daemon")).json).toMatchObject({ pid });
    other.child.stdin.end("after\n");
    const end = await other.ended();
    expect([end.status, end.stdout.toString()]).toEqual([0, "before\nafter\n"]);

    rmSync(join(state, "filler"));
    const again = (await hand("/v1/documents?name=a.txt&as=text", Buffer.from("hi\n"))).json as TaskView;
    expect((await ended(again.id)).copies).toMatchObject([{ path: "a.safe.txt" }]);
  });

  it("of its templates: says so, stays, and its other tasks go on", async ({ skip }) => {
    const parent = publicDirectory();
    const home = join(parent, "home");
    mounted = mountTmpfs(home, "size=512M");
    if (mounted === undefined) skip(NOT_ROOT);
    await seedTemplate(home);
    fillHoles(home);
    daemon = Object.assign(daemon, { env: { ...daemon.env, MAYFLY_HOME: home } });
    const { pid } = await daemon.up("--standby", "base=0");
    const other = daemon.start("run", "--", "cat");
    other.child.stdin.write("before\n");
    await other.printed(/before/);

    fill(home);
    const { status, stderr } = await daemon.cli(["run", "--memory", "96M", "--", "true"]);
    expect([status, stderr]).toEqual([74, expect.stringContaining("No space is left for ")]);
    expect((await daemon.cli(["run", "--", "echo", "hi"])).stdout.toString()).toBe("hi\n");

    expect((await daemon.ask("GET", "/v1/daemon")).json).toMatchObject({ pid });
    other.child.stdin.end("after\n");
    const end = await other.ended();
    expect([end.status, end.stdout.toString()]).toEqual([0, "before\nafter\n"]);
    await daemon.cli(["down"]);
    mounted?.[Symbol.dispose]();
    mounted = undefined;
    remove(parent);
  });
});
