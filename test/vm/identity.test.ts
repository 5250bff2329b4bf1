import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Mayfly, type Fork } from "../../src/index.ts";

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
const SHELL_CLOCK = "adjtimex | awk '/tv_sec/ {s=$2} /tv_usec/ {print s*1000 + int($2/1000)}'";
const PYTHON_CLOCK = "import time; print(int(time.time() * 1000))";
const PYTHON: Readonly<Record<string, string>> = {
  uuidgen: "import subprocess; print(subprocess.check_output(['uuidgen']).decode())",
  secrets: "import secrets; print(secrets.token_hex(32))",
  random: "import random; print(random.getrandbits(256))",
  "numpy.random": "import numpy; print(numpy.random.default_rng().integers(0, 2**62, 4))",
  "hash seed": "print(hash('mayfly'))",
};

/** Clock of the guest against ours, in milliseconds, taken in the middle of the round trip. */
async function clockError(fork: Fork, clock: readonly [string, ...string[]]): Promise<number> {
  const errors: number[] = [];
  for (let i = 0; i < 5; i++) {
    const from = Date.now();
    const guest = Number(await say(fork, clock));
    const to = Date.now();
    errors.push(guest < from ? guest - from : Math.max(0, guest - to));
  }
  return Math.min(...errors.map(Math.abs));
}

describe.each([
  ["base", "forked", SHELL, SHELL_CLOCK, (script: string) => ["sh", "-c", script] as const],
  ["base", "standby", SHELL, SHELL_CLOCK, (script: string) => ["sh", "-c", script] as const],
  ["python", "forked", PYTHON, PYTHON_CLOCK, (script: string) => ["python3", "-c", script] as const],
])("siblings of %s, %s", (...[profile, how, sources, clock, command]) => {
  let siblings: Fork[];
  beforeAll(async () => {
    if (how === "standby") await mayfly.standby(profile, 3);
    siblings = [await mayfly.fork(profile), await mayfly.fork(profile), await mayfly.fork(profile)];
    if (how === "standby") expect(siblings.map(({ origin }) => origin)).toContain("standby");
  });
  afterAll(async () => {
    await mayfly.standby(profile, 0);
    await Promise.all(siblings.map(async (fork) => await fork.kill()));
  });

  it.each(Object.keys(sources))("share no %s", async (name) => {
    const said = await Promise.all(
      siblings.map(async (fork) => await say(fork, command(sources[name] ?? ""))),
    );
    expect(said.every((value) => value !== "")).toBe(true);
    expect(new Set(said).size).toBe(siblings.length);
  });

  it("have the host's time, within 50 ms", async () => {
    for (const fork of siblings) expect(await clockError(fork, command(clock))).toBeLessThanOrEqual(50);
  });
});
