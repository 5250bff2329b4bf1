import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newVmId } from "../foundation/index.ts";
import { identifyProcess, isAlive, ownIdentity } from "../process/index.ts";
import { Ledger, type LedgerEntry } from "./ledger.ts";
import { Scope } from "./scope.ts";
import { sweep } from "./sweep.ts";

describe("Scope", () => {
  it("runs every step, last first, and keeps what each saw", async () => {
    const scope = new Scope();
    const order: string[] = [];
    scope.defer("first", () => {
      order.push("first");
      return "one";
    });
    scope.defer("second", () => {
      throw new Error("stuck");
    });
    scope.nest(async () => await Promise.resolve([{ step: "inner", ok: true, ms: 0, detail: "" }]));
    const steps = await scope.close();
    expect(steps.map(({ step, ok }) => [step, ok])).toEqual([
      ["inner", true],
      ["second", false],
      ["first", true],
    ]);
    expect(steps[1]?.detail).toContain("stuck");
    expect(order).toEqual(["first"]);
  });

  it("registers a disposal before the thing is made", async () => {
    const scope = new Scope();
    await expect(
      scope.acquire(
        "half",
        () => "undone",
        () => {
          throw new Error("failed to make");
        },
      ),
    ).rejects.toThrow();
    expect((await scope.close())[0]).toMatchObject({ step: "half", ok: true });
  });

  it("closes once, however often it is asked, and takes nothing afterwards", async () => {
    const scope = new Scope();
    let count = 0;
    scope.defer("only", () => {
      count++;
      return "";
    });
    expect(await Promise.all([scope.close(), scope.close()])).toHaveLength(2);
    expect(count).toBe(1);
    expect(() => {
      scope.defer("late", () => "");
    }).toThrow();
  });
});

describe("Ledger and sweep", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "ledger-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  const entry = (changes: Partial<LedgerEntry>): LedgerEntry => ({
    id: newVmId(),
    kind: "task",
    profile: "base",
    template: "t",
    label: "x",
    since: 1,
    owner: ownIdentity(),
    processes: [],
    cgroups: [],
    directories: [],
    ...changes,
  });
  const dead = { pid: 999_999_9, startTime: "1" };

  it("keeps what it was given, and ignores what is not its own", () => {
    const ledger = new Ledger(directory);
    const mine = entry({});
    ledger.write(mine);
    writeFileSync(join(directory, "mxxx.json"), "{");
    writeFileSync(join(directory, "other.json"), JSON.stringify({ ...mine, id: "../../etc/passwd" }));
    expect(ledger.list()).toEqual([mine]);
    ledger.remove(mine.id);
    expect(ledger.has(mine.id)).toBe(false);
  });

  it("leaves the living alone", async () => {
    const ledger = new Ledger(directory);
    ledger.write(entry({}));
    expect(await sweep(ledger)).toEqual([]);
    expect(ledger.list()).toHaveLength(1);
  });

  it("ends what a dead owner left, known by pid or only by its arguments", async () => {
    const ledger = new Ledger(directory);
    const known = spawn("sleep", ["600"]);
    const id = newVmId();
    const unknown = spawn("sh", ["-c", "sleep 600; :", `mayfly-${id}`]);
    const bystander = spawn("sleep", ["600"]);
    const [a, b, c] = [known, unknown, bystander].map(({ pid }) => identifyProcess(pid ?? 0));
    if (a === undefined || b === undefined || c === undefined) expect.fail("could not start processes");
    ledger.write(entry({ owner: dead, processes: [a, { pid: c.pid, startTime: "not its start time" }] }));
    ledger.write(entry({ owner: dead, id }));
    expect(await sweep(ledger)).toHaveLength(2);
    expect([a, b, c].map(isAlive)).toEqual([false, false, true]);
    expect(ledger.list()).toEqual([]);
    bystander.kill("SIGKILL");
  });
});
