import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "../../src/contract/index.ts";
import { FrozenVms } from "../../src/index.ts";
import { leftovers } from "../support/leftovers.ts";
import { ROOT, endStarted, mayfly, type CliResult } from "./cli-process.ts";

let scratch: string;
const kept: string[] = [];
beforeAll(() => {
  execFileSync(join(ROOT, "mayfly"), ["--version"], { stdio: "ignore" }); // builds where that is due
  scratch = mkdtempSync(join(tmpdir(), "mayfly-on-finding-"));
});
afterEach(endStarted);
afterAll(async () => {
  const there = new Set(new FrozenVms().list().map(({ id }) => id));
  for (const id of kept) if (there.has(id)) await new FrozenVms().remove(id);
  rmSync(scratch, { recursive: true, force: true });
});

/** Something of medium gravity, what is to be found of it, and something grave; then on for so many seconds. */
const deed = (seconds: number): string =>
  [
    "mkdir -p /root/.ssh; echo x >/root/.ssh/authorized_keys",
    "echo dropped >/tmp/payload; echo m4rk-$((41 + 1)) >/dev/shm/note; echo changed >>/etc/passwd",
    `echo /tmp/x.so >/etc/ld.so.preload; rm /etc/ld.so.preload; sleep ${seconds}`,
  ].join("; ");

async function runUnder(policy: string, seconds: number, ...options: string[]): Promise<CliResult> {
  const file = join(scratch, "policy.yaml");
  writeFileSync(file, policy);
  const command = ["--user", "root", "--policy", file, "--", "sh", "-c", deed(seconds)];
  return await mayfly(["run", ...options, ...command]);
}

interface Stopped {
  readonly id: string;
  readonly outcome: { readonly kind: string; readonly finding?: { readonly rule: string } };
  readonly disposal: { readonly complete: boolean };
  readonly frozen?: string;
}
const parse = ({ stdout }: CliResult): unknown => JSON.parse(stdout.toString());

async function reportOf(id: string): Promise<Report> {
  return (parse(await mayfly(["report", id, "--format", "json"])) as { report: Report }).report;
}

describe("a policy file's on_finding", () => {
  it("kill: ends the task with status 125, and says for which finding", async () => {
    const result = await runUnder("on_finding:\n  severity: high\n  do: kill\n", 300, "--json");
    expect(result.status, result.stderr).toBe(125);
    const { id, outcome, disposal, frozen } = parse(result) as Stopped;
    expect(outcome).toMatchObject({
      kind: "stopped",
      finding: { rule: "persistence-preload", severity: "high" },
    });
    expect([disposal.complete, frozen, leftovers([id])]).toEqual([true, undefined, []]);
    const { findings, result: told } = await reportOf(id);
    expect(told.outcome).toEqual(outcome);
    expect(findings.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(["persistence-preload", "persistence-authorized-keys"]),
    );
  });

  it.each([
    ["continue", "high"],
    ["kill", "critical"],
    ["freeze", "critical"],
  ])("%s at %s: lets it go on, and the report has the finding", async (action, severity) => {
    const result = await runUnder(`on_finding: { severity: ${severity}, do: ${action} }\n`, 0, "--json");
    expect(result.status, result.stderr).toBe(0);
    const { id, outcome, frozen } = parse(result) as Stopped;
    expect([outcome, frozen]).toEqual([{ kind: "exited", code: 0 }, undefined]);
    expect((await reportOf(id)).findings.map(({ rule }) => rule)).toContain("persistence-preload");
  });

  it("that is wrong is told with its line, before anything is made", async () => {
    const { status, stderr } = await runUnder("on_finding:\n  severity: grave\n  do: kill\n", 0);
    expect([status, stderr]).toEqual([64, expect.stringContaining("policy.yaml:2: on_finding.severity")]);
  });
});

describe("mayfly inspect, of what on_finding froze", () => {
  let id: string;
  let directory: string;
  beforeAll(async () => {
    const { status, stderr } = await runUnder("on_finding: { severity: high, do: freeze }\n", 300);
    expect(status, stderr).toBe(125);
    [, id = ""] = /mayfly inspect (m[0-9a-z]{12})/.exec(stderr) ?? [];
    kept.push(id);
    expect(stderr).toMatch(/its micro-VM is kept/);
    directory = mkdtempSync(join(scratch, "taken-"));
  });

  it("lists it, says what can be had, and nothing of it runs", async () => {
    const listed = parse(await mayfly(["inspect", "--json"])) as { id: string; why: string }[];
    expect(listed.find((each) => each.id === id)?.why).toMatch(/^high: /);
    const { stdout } = await mayfly(["inspect", id.slice(0, 9)]);
    expect(stdout.toString()).toContain(`mayfly inspect ${id} --files FILE.zip`);
    expect(leftovers([id])).toEqual([]);
  });

  it("gives the files that it left in an archive that unzip opens, with the password and not without", async () => {
    const archive = join(directory, "dropped.zip");
    const { status, stdout, stderr } = await mayfly(["inspect", id, "--files", archive]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.toString()).toMatch(/\/tmp\/payload \(8 B\)[^]*password "infected"/);
    const unzip = (password: string, ...more: string[]): string =>
      execFileSync("unzip", ["-P", password, ...more], { encoding: "utf8", stdio: "pipe" });
    expect(unzip("infected", "-tq", archive)).toContain("No errors detected");
    expect(unzip("infected", "-p", archive, "tmp/payload")).toBe("dropped\n");
    expect(unzip("infected", "-p", archive, "dev/shm/note")).toBe("m4rk-42\n");
    expect(() => unzip("wrong", "-p", archive, "tmp/payload")).toThrow(/Command failed/);
    expect(readFileSync(archive).includes("m4rk-42")).toBe(false);
    expect(statSync(archive).mode & 0o077).toBe(0);
  });

  it("gives its memory and what it changed on its disk", async () => {
    const memory = join(directory, "memory.raw");
    const result = await mayfly(["inspect", id, "--memory", memory, "--changes", "--json"]);
    expect([result.status, result.stderr]).toEqual([0, ""]);
    const { shape, disk } = parse(result) as {
      shape: { memory: number };
      disk: { changes: { path: string }[] };
    };
    expect(statSync(memory).size).toBe(shape.memory);
    expect(readFileSync(memory).includes("m4rk-42")).toBe(true);
    const changes = expect.arrayContaining([
      expect.objectContaining({ path: "/etc/passwd", change: "changed" }),
      expect.objectContaining({ path: "/tmp/payload", change: "added", bytes: 8 }),
    ]) as unknown;
    expect(disk.changes).toEqual(changes);
    const { stdout } = await mayfly(["inspect", id, "--changes"]);
    expect(stdout.toString()).toMatch(/^~ \/etc\/passwd \(/m);
  });

  it("overwrites nothing, and knows no others", async () => {
    const mine = join(directory, "mine");
    writeFileSync(mine, "mine");
    expect((await mayfly(["inspect", id, "--files", mine])).status).toBe(73);
    expect((await mayfly(["inspect", id, "--memory", mine])).status).toBe(73);
    expect(readFileSync(mine, "utf8")).toBe("mine");
    expect((await mayfly(["inspect", "mzzzzzzzzzzzz"])).status).toBe(64);
    expect((await mayfly(["inspect", "--files", mine])).status).toBe(64);
  });

  it("removes it", async () => {
    expect((await mayfly(["inspect", "rm", id])).stdout.toString()).toContain(id);
    expect((await mayfly(["inspect", id])).status).toBe(64);
  });
});
