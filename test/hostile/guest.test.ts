import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Mayfly, type RunRequest, type RunResult } from "../../src/index.ts";
import { leftovers } from "../support/leftovers.ts";

const MIB = 1024 * 1024;
let mayfly: Mayfly;
beforeAll(async () => {
  mayfly = await Mayfly.open();
});
afterAll(async () => {
  await mayfly.close();
});

/** Whatever a task does, it comes to a result and nothing of it remains. */
async function hostile(script: string, more: Partial<RunRequest> = {}): Promise<RunResult> {
  const result = await mayfly.run({ command: ["sh", "-c", script], ...more });
  expect(result.disposal).toMatchObject({ complete: true });
  expect(leftovers([result.id])).toEqual([]);
  return result;
}

describe("a hostile task", () => {
  it("that forks without end is ended at its limit of processes", async () => {
    const result = await hostile("f() { f | f & }; f; sleep 100", { limits: { processes: 64 } });
    expect(result).toMatchObject({
      outcome: { kind: "limit", limit: "processes", allowed: 64 },
      exitCode: 124,
    });
  });

  it("that eats memory is ended at its limit of memory", async () => {
    const result = await hostile("x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; while :; do x=$x$x; done");
    expect(result.outcome).toMatchObject({ kind: "limit", limit: "memory" });
  });

  it("that fills its disk gets an error, and only fills guest memory", async () => {
    const result = await hostile("dd if=/dev/zero of=/tmp/fill bs=1M count=4000 2>&1 | tail -1; echo alive");
    const isBounded =
      result.outcome.kind === "exited" ||
      (result.outcome.kind === "limit" && result.outcome.limit === "memory");
    expect(isBounded).toBe(true);
  });

  it("that writes without end is ended at its limit of output, and nothing gathers in our memory", async () => {
    const before = process.memoryUsage().rss;
    const result = await hostile("yes", { limits: { outputBytes: 4 * MIB } });
    expect(result.outcome).toMatchObject({ kind: "limit", limit: "outputBytes", allowed: 4 * MIB });
    expect(result.stdout.length).toBeLessThanOrEqual(4 * MIB);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MIB);
  });

  it("that runs without end is ended at its limit of time", async () => {
    const result = await hostile("while :; do :; done", { limits: { timeMs: 500 } });
    expect(result.outcome).toMatchObject({ kind: "limit", limit: "timeMs", allowed: 500 });
  });

  it("that reboots the machine ends it for good", async () => {
    expect((await hostile("reboot -f; sleep 100", { user: "root" })).outcome).toMatchObject({
      kind: "failed",
      code: "E_GUEST_REBOOTED",
    });
    expect((await hostile("poweroff -f; sleep 100", { user: "root" })).outcome).toMatchObject({
      kind: "failed",
    });
  });

  it("that crashes the kernel is told as that", async () => {
    expect(
      (await hostile("echo c > /proc/sysrq-trigger; sleep 100", { user: "root" })).outcome,
    ).toMatchObject({ kind: "failed", code: "E_GUEST_PANIC" });
  });

  it("that kills everything it can leaves the agent standing or the machine ended, never a wait without end", async () => {
    const result = await hostile("kill -9 -1; sleep 2; echo still", {
      user: "root",
      limits: { timeMs: 20_000 },
    });
    expect(["exited", "signalled", "failed", "limit"]).toContain(result.outcome.kind);
  });

  it("as root in the guest cannot load modules or see the host", async () => {
    const { stdout } = await hostile(
      "cat /proc/sys/kernel/modules_disabled; ls /sys/class/net; ls /sys/bus/pci/devices 2>/dev/null | wc -l; cat /proc/mounts",
      { user: "root" },
    );
    expect(stdout.toString()).toMatch(/^1\nlo\n0\n/);
    expect(stdout.toString()).not.toMatch(/9p|virtiofs|nfs/);
  });

  it("does not disturb another one beside it", async () => {
    const bomb = hostile("f() { f | f & }; f; sleep 100", { limits: { processes: 64 } });
    const quiet = await mayfly.run({ command: ["echo", "undisturbed"] });
    expect(quiet.stdout.toString()).toBe("undisturbed\n");
    await bomb;
  });
});
