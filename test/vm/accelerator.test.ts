import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Mayfly, examine, type Fork } from "../../src/index.ts";
import { explainDeath } from "../../src/engine/qemu/death.ts";
import { processorFinding } from "../../src/sdk/doctor/processor-check.ts";
import { SHELL_CLOCK, clockError } from "../support/guest-clock.ts";
import { isRoot } from "../support/private-store.ts";
import { EXPECTED_ACCELERATOR } from "../support/scale.ts";

let mayfly: Mayfly;
let accelerator: string;
beforeAll(async () => {
  mayfly = await Mayfly.open();
  accelerator = (await mayfly.run({ command: ["true"] })).isolation?.accelerator ?? "none";
});
afterAll(async () => {
  await mayfly.close();
});

const run = promisify(execFile);

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
    if (accelerator === "kvm") expect(finding?.evidence).toMatch(/^hardware \(kvm\): /);
    else expect(finding?.mend).toBeDefined();
    const { outcome } = await mayfly.run({ command: ["true"], isolation: "hardware" });
    expect(outcome).toMatchObject(
      accelerator === "kvm" ? { kind: "exited", code: 0 } : { kind: "failed", code: "E_ISOLATION" },
    );
  });

  it("is what the command line's doctor prints, with no layer off that is required", async () => {
    const { stdout } = await run(process.execPath, [resolve("dist/cli/main.js"), "doctor"]);
    if (accelerator === "kvm") expect(stdout).toContain("hardware (kvm)");
    else expect(stdout).not.toContain("hardware (kvm)");
    expect(stdout).toMatch(/^Ready/m);
  });

  it("gives guests a clock that is exact, and under KVM no virtualization of their own", async () => {
    await using fork = await mayfly.fork("base");
    if (accelerator === "kvm") expect(await say(fork, "grep -c -w -E 'svm|vmx' /proc/cpuinfo")).toBe("0");
    const clock = await say(fork, "cat /sys/devices/system/clocksource/clocksource0/current_clocksource");
    expect(accelerator === "kvm" ? ["kvm-clock", "tsc"] : ["tsc"]).toContain(clock);
  });
});

describe("the KVM device", () => {
  it("is told as not allowed to a user outside of its group, with the group to join", async ({ skip }) => {
    if (!isRoot || accelerator !== "kvm") skip("it takes root, to be another user, and a KVM that works");
    const script = `import { obstacleTo } from ${JSON.stringify(resolve("dist/microvisor/index.js"))};
      process.stdout.write(obstacleTo("/dev/kvm") ?? "none");`;
    const nobody = { uid: 65_534, gid: 65_534, cwd: "/" };
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], nobody);
    expect(stdout).toContain("you may not use /dev/kvm");
    expect(mendOf(stdout)).toBe("join its group (sudo usermod -aG kvm $USER, then log in again)");
  });

  it("is told apart where its module is not loaded, with the module to load", ({ skip }) => {
    // Only the lab has looked before it loaded the module: test/kvm-lab/outer/obstacles.mjs.
    const path = process.env["MAYFLY_TEST_OBSTACLES"];
    if (path === undefined) return skip("nobody looked before the module was loaded");
    const { missing, driverless } = JSON.parse(readFileSync(path, "utf8")) as Record<string, string>;
    expect(missing).toBe("/dev/kvm does not exist: the module kvm_amd is not loaded");
    expect(driverless).toBe("/dev/kvm has no driver behind it: the module kvm_amd is not loaded");
    for (const reason of [missing, driverless]) expect(mendOf(reason)).toMatch(/^sudo modprobe kvm_amd/);
  });

  function mendOf(reason = ""): string | undefined {
    return processorFinding({ kind: "emulated", accelerator: "tcg", reason }).mend;
  }
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
    const { stdout } = await run("prlimit", [
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

  it("is told as that where QEMU itself has none left for KVM", async ({ skip }) => {
    if (accelerator !== "kvm") skip("without KVM, QEMU asks for none of its descriptors");
    const machine = [
      "-M",
      "microvm",
      "-accel",
      "kvm",
      "-nodefaults",
      "-display",
      "none",
      "-S",
      "-qmp",
      "stdio",
    ];
    const ofKvm: string[] = [];
    for (let limit = 5, isUp = false; !isUp; limit++) {
      const argv = [`--nofile=${limit}:${limit}`, "qemu-system-x86_64", ...machine];
      const coming = run("prlimit", argv, { timeout: 30_000, killSignal: "SIGKILL" }); // one without descriptors may spin
      coming.child.stdin?.on("error", () => undefined); // it ended before it read
      coming.child.stdin?.end('{"execute":"qmp_capabilities"}{"execute":"quit"}');
      const said = await coming.then(
        () => undefined,
        (cause: unknown) => (cause as { stderr: string }).stderr.trim(),
      );
      isUp = said === undefined;
      if (said?.includes("KVM") === true) ofKvm.push(said);
    }
    expect(ofKvm).not.toEqual([]);
    for (const said of ofKvm) {
      const death = { code: 1, signal: null, started: false, errors: said.split("\n"), console: [] } as const;
      expect(explainDeath(death).code, said).toBe("E_NO_DESCRIPTORS");
    }
  });
});
