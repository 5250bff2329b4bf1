import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Mayfly, examine, type Fork, type RunResult } from "../../src/index.ts";
import { text } from "node:stream/consumers";
import { SHELL_CLOCK, clockError } from "../support/guest-clock.ts";
import { leftovers } from "../support/leftovers.ts";
import { isRoot, publicDirectory, remove, seedImage, withEnvironment } from "../support/private-store.ts";
import { EXPECTED_ACCELERATOR } from "../support/scale.ts";

const NO_DEVICE = { MAYFLY_KVM_DEVICE: "/nowhere/kvm" };

let mayfly: Mayfly;
let accelerator: string;
beforeAll(async () => {
  mayfly = await Mayfly.open();
  accelerator = (await mayfly.run({ command: ["true"] })).isolation?.accelerator ?? "none";
});
afterAll(async () => {
  await mayfly.close();
});

async function say(fork: Fork, script: string): Promise<string> {
  const guest = fork.exec(["sh", "-c", script]);
  guest.stdin.end();
  const [stdout] = await Promise.all([text(guest.stdout), text(guest.stderr), guest.exit]);
  return stdout.trim();
}

describe("the accelerator", () => {
  it("is the one that this machine is known to have", ({ skip }) => {
    if (EXPECTED_ACCELERATOR === undefined) skip("nothing is known of this machine");
    expect(accelerator).toBe(EXPECTED_ACCELERATOR);
  });

  it("is what doctor says of the processor, and what --isolation hardware goes by", async () => {
    const { findings, isReady } = await examine();
    const finding = findings.find(({ area }) => area === "processor");
    expect(isReady, JSON.stringify(findings.filter(({ state }) => state !== "on"))).toBe(true);
    expect(finding?.state).toBe(accelerator === "kvm" ? "on" : "off");
    if (accelerator === "kvm") expect(finding?.evidence).toMatch(/^KVM: /);
    else expect(finding?.mend).toBeDefined();
    const { outcome } = await mayfly.run({ command: ["true"], isolation: "hardware" });
    expect(outcome).toMatchObject(
      accelerator === "kvm" ? { kind: "exited", code: 0 } : { kind: "failed", code: "E_ISOLATION" },
    );
  });

  it("gives guests a clock that is exact, and under KVM no virtualization of their own", async () => {
    await using fork = await mayfly.fork("base");
    if (accelerator === "kvm") expect(await say(fork, "grep -c -w -E 'svm|vmx' /proc/cpuinfo")).toBe("0");
    const clock = await say(fork, "cat /sys/devices/system/clocksource/clocksource0/current_clocksource");
    expect(accelerator === "kvm" ? ["kvm-clock", "tsc"] : ["tsc"]).toContain(clock);
  });
});

describe("a standby that waited long", () => {
  it("has the right time when it is taken, and its timers run on", async () => {
    await mayfly.standby("base", 1);
    await wait(7000);
    await using fork = await mayfly.fork("base");
    expect(fork.origin).toBe("standby");
    const error = await clockError(async () => await say(fork, SHELL_CLOCK));
    expect(error).toBeLessThanOrEqual(Math.max(50, Math.ceil(fork.clockErrorMs)));
    expect(await say(fork, "sleep 0.3; echo slept")).toBe("slept");
    // What the guest counts between two looks is what passed here, and no pause comes after.
    const [before, from] = [Number(await say(fork, SHELL_CLOCK)), performance.now()];
    await wait(2000);
    const [after, to] = [Number(await say(fork, SHELL_CLOCK)), performance.now()];
    expect(after - before).toBeGreaterThan(1900);
    expect(after - before).toBeLessThan(to - from + 2000);
    await mayfly.standby("base", 0);
  });
});

describe("a template", () => {
  let home: string;
  beforeAll(async () => {
    home = publicDirectory();
    await seedImage(home);
  });
  afterAll(() => {
    remove(home);
  });

  /** Runs a task in the store `home`, and says which steps it took. */
  async function run(env: Readonly<Record<string, string>>): Promise<{ result: RunResult; steps: string[] }> {
    return await withEnvironment(env, async () => {
      const steps: string[] = [];
      await using own = await Mayfly.open({ home, progress: ({ step }) => steps.push(step) });
      const result = await own.run({ command: ["echo", "works"] });
      expect(result.stdout.toString()).toBe("works\n");
      expect(leftovers([result.id])).toEqual([]);
      return { result, steps };
    });
  }

  it("of one accelerator is not used with the other, and both are kept", async ({ skip }) => {
    if (accelerator !== "kvm") skip("this machine has no KVM that works");
    const hardware = await run({});
    expect(hardware.result.isolation?.kind).toBe("hardware");
    const emulated = await run(NO_DEVICE);
    expect(emulated.result.isolation?.kind).toBe("emulated");
    expect(emulated.steps).toContain("Booting base once");
    expect(emulated.result.template).not.toBe(hardware.result.template);
    const again = await run({});
    expect(again.result).toMatchObject({
      template: hardware.result.template,
      isolation: { kind: "hardware" },
    });
    expect(again.steps).not.toContain("Booting base once");
    const emulatedAgain = await run(NO_DEVICE);
    expect(emulatedAgain.result).toMatchObject({ template: emulated.result.template });
    expect(emulatedAgain.steps).not.toContain("Booting base once");
  });

  it("that was made on another processor is not used", async ({ skip }) => {
    if (!isRoot) skip("it takes root to show Mayfly another processor");
    const { result } = await run({});
    const cpuinfo = join(home, "cpuinfo");
    const flag = / sse4_2 /;
    const real = readFileSync("/proc/cpuinfo", "utf8");
    expect(real).toMatch(flag);
    writeFileSync(cpuinfo, real.replaceAll(new RegExp(flag, "g"), " "));
    const script = 'mount --bind "$1" /proc/cpuinfo && exec "$2" "$3" run --json -- echo works';
    const main = resolve("dist/cli/main.js");
    const { stdout } = await promisify(execFile)(
      "unshare",
      ["--mount", "sh", "-c", script, "sh", cpuinfo, process.execPath, main],
      { env: { ...process.env, MAYFLY_HOME: home } },
    );
    const other = JSON.parse(stdout) as { stdout: string; template: string };
    expect(other.template).not.toBe(result.template);
  });
});

describe("a host at its limits", () => {
  it("is told as that where no file descriptor is left, and nothing of the machine remains", async () => {
    const script = `
      import { openSync } from "node:fs";
      import { Mayfly } from ${JSON.stringify(resolve("dist/index.js"))};
      const mayfly = await Mayfly.open();
      await mayfly.prepare("base");
      const taken = [];
      try { for (;;) taken.push(openSync("/dev/null")); } catch {}
      const { outcome, disposal } = await mayfly.run({ command: ["true"] });
      process.stdout.write(JSON.stringify({ outcome, complete: disposal.complete }));`;
    const { stdout } = await promisify(execFile)("prlimit", [
      "--nofile=200:200",
      process.execPath,
      "--input-type=module",
      "-e",
      script,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: { kind: "failed", code: "E_NO_DESCRIPTORS" },
      complete: true,
    });
  });
});
