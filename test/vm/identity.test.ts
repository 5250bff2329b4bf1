import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Mayfly, type Fork } from "../../src/index.ts";
import { SHELL_CLOCK, clockError } from "../support/guest-clock.ts";
import { hasProfile } from "../support/scale.ts";

let mayfly: Mayfly;
beforeAll(async () => {
  mayfly = await Mayfly.open();
});
afterAll(async () => {
  await mayfly.close();
});

async function say(fork: Fork, command: readonly [string, ...string[]]): Promise<string> {
  const guest = fork.exec(command);
  guest.stdin.end();
  const [stdout, , exit] = await Promise.all([text(guest.stdout), text(guest.stderr), guest.exit]);
  expect(exit).toEqual({ kind: "exited", code: 0 });
  return stdout.trim();
}

const SHELL: Readonly<Record<string, string>> = {
  "/dev/urandom": "head -c 32 /dev/urandom | sha256sum",
  hostname: "hostname",
  "machine-id": "cat /etc/machine-id",
  "boot id": "cat /proc/sys/kernel/random/boot_id",
  "kernel's UUIDs": "cat /proc/sys/kernel/random/uuid",
  "stack layout": "grep stack /proc/self/maps",
};
const PYTHON_CLOCK = "import time; print(int(time.time() * 1000))";
const PYTHON: Readonly<Record<string, string>> = {
  uuidgen: "import subprocess; print(subprocess.check_output(['uuidgen']).decode())",
  secrets: "import secrets; print(secrets.token_hex(32))",
  random: "import random; print(random.getrandbits(256))",
  "numpy.random": "import numpy; print(numpy.random.default_rng().integers(0, 2**62, 4))",
  "hash seed": "print(hash('mayfly'))",
};

describe.each([
  ["base", "forked", SHELL, SHELL_CLOCK, (script: string) => ["sh", "-c", script] as const],
  ["base", "standby", SHELL, SHELL_CLOCK, (script: string) => ["sh", "-c", script] as const],
  ["python", "forked", PYTHON, PYTHON_CLOCK, (script: string) => ["python3", "-c", script] as const],
])("siblings of %s, %s", (...[profile, how, sources, clock, command]) => {
  let siblings: Fork[] = [];
  beforeEach(({ skip }) => {
    if (!hasProfile(profile)) skip(`no ${profile} here`);
  });
  beforeAll(async () => {
    if (!hasProfile(profile)) return;
    if (how === "standby") await mayfly.standby(profile, 3);
    siblings = [await mayfly.fork(profile), await mayfly.fork(profile), await mayfly.fork(profile)];
    if (how === "standby") expect(siblings.map(({ origin }) => origin)).toContain("standby");
  });
  afterAll(async () => {
    if (hasProfile(profile)) await mayfly.standby(profile, 0);
    await Promise.all(siblings.map(async (fork) => await fork.kill()));
  });

  it.each(Object.keys(sources))("share no %s", async (name) => {
    const said = await Promise.all(
      siblings.map(async (fork) => await say(fork, command(sources[name] ?? ""))),
    );
    expect(said.every((value) => value !== "")).toBe(true);
    expect(new Set(said).size).toBe(siblings.length);
  });

  it("have the host's time, within 50 ms or what they were handed out with", async () => {
    for (const fork of siblings)
      expect(await clockError(async () => await say(fork, command(clock)))).toBeLessThanOrEqual(
        Math.max(50, Math.ceil(fork.clockErrorMs)),
      );
  });
});
