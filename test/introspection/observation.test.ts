import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Recorder } from "../../src/report/index.ts";
import { Mayfly, type Fork } from "../../src/index.ts";
import { GIB } from "../../src/foundation/index.ts";
import { Microvisor } from "../../src/microvisor/index.ts";
import { admit, admitLimits } from "../../src/policy/index.ts";
import { openHost } from "../../src/sdk/installation.ts";
import { examine } from "../../src/task/examine.ts";
import { FindingStop } from "../../src/task/finding-stop.ts";
import { deliverInputs, openInputs } from "../../src/task/inputs.ts";

let mayfly: Mayfly;
let microvisor: Microvisor;
beforeAll(async () => {
  mayfly = await Mayfly.open();
  microvisor = new Microvisor(openHost(undefined, () => undefined));
});
afterAll(async () => {
  await microvisor[Symbol.asyncDispose]();
  await mayfly.close();
});

async function shell(fork: Fork, script: string, user: "user" | "root" = "user"): Promise<string> {
  const guest = fork.exec(["sh", "-c", script], { user });
  guest.stdin.end();
  guest.stderr.resume();
  const [stdout] = await Promise.all([text(guest.stdout), guest.exit]);
  return stdout.trim();
}

type MicroVm = Awaited<ReturnType<Microvisor["fork"]>>["vm"];

async function forkBase(): Promise<MicroVm> {
  const { limits } = await microvisor.profileDefaults("base");
  const options = { limits: admitLimits({}, limits), label: "test", needsHardware: false };
  return (await microvisor.fork("base", options)).vm;
}

async function examined(vm: MicroVm): Promise<Recorder> {
  const recorder = new Recorder("base");
  const stop = await FindingStop.open(undefined, undefined);
  await examine(vm, { recorder, stop, microvisor, task: admit({ command: ["true"] }) });
  return recorder;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/** The first page of a program with a byte changed, as a file of another program would have. */
const STRANGE =
  "dd if=/bin/busybox bs=4096 count=1 of=/tmp/x 2>/dev/null; printf X | dd of=/tmp/x bs=1 seek=100 conv=notrunc 2>/dev/null";

describe("programs in memory", () => {
  it("are told where neither image nor input has such a file, and never for a copy", async () => {
    await using fork = await mayfly.fork("base");
    await shell(fork, "cp /bin/busybox /tmp/sh; /tmp/sh sh -c true; ls /");
    expect((await fork.checkMemory()).executables).toEqual([]);
    await shell(fork, STRANGE);
    const { executables } = await fork.checkMemory();
    expect(executables).toHaveLength(1);
    expect(executables[0]).toMatchObject({
      address: expect.stringMatching(/^0x[0-9a-f]+000$/) as string,
      kind: "ELF 64-bit x86-64 executable",
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  it("are explained where they came as inputs", async () => {
    await using fork = await mayfly.fork("base");
    await shell(fork, STRANGE);
    const strange = await fork.readFile("/tmp/x");
    const vm = await forkBase();
    try {
      const input = { name: "x", path: "", mode: 0o444, content: once(strange) };
      const inputs = await openInputs([input], GIB);
      await deliverInputs(vm, inputs);
      const record = await vm.observation.check("continue");
      expect([record.state, record.executables]).toEqual(["checked", []]);
    } finally {
      await vm.dispose();
    }
  });
});

describe("a task's machine", () => {
  it("is examined before it goes", async () => {
    const vm = await forkBase();
    const recorder = await examined(vm);
    await vm.dispose();
    const { memory, resources } = recorder.evidence;
    expect(memory).toMatchObject({ state: "checked", reason: "", pages: 65_536 });
    expect(memory.changedPages).toBeGreaterThan(50);
    expect(memory.changedPages).toBeLessThan(20_000);
    expect(resources.samples.length).toBeGreaterThan(0);
  });

  it("that is gone is unchecked, with the reason, and nothing waits for it", async () => {
    const vm = await forkBase();
    vm.machine.kill();
    await vm.machine.ended;
    const recorder = await examined(vm);
    await vm.dispose();
    expect(recorder.evidence.memory).toMatchObject({ state: "unchecked", kernel: [], changedPages: 0 });
    expect(recorder.evidence.memory.reason).not.toBe("");
  });

  it("goes on after a check as if there had been none", async () => {
    await using fork = await mayfly.fork("base");
    const counting = shell(fork, "for i in $(seq 1 300); do echo $i; sleep 0.01; done | tail -1");
    for (let checks = 0; checks < 10; checks++) expect((await fork.checkMemory()).state).toBe("checked");
    expect(await counting).toBe("300");
  });

  it("stands still after a check at its end until it is let go on, and is not compared twice", async () => {
    const vm = await forkBase();
    try {
      const record = await vm.observation.check("stay");
      expect(await vm.observation.check("stay")).toBe(record);
      await vm.observation.resume();
      const guest = vm.agent.exec({ argv: ["true"], cwd: "/", user: "user", env: {} });
      guest.stdin.end();
      expect(await guest.exit).toEqual({ kind: "exited", code: 0 });
      expect(await vm.observation.check("stay")).not.toBe(record);
    } finally {
      await vm.dispose();
    }
  });

  it("is checked by one at a time, however many ask", async () => {
    await using fork = await mayfly.fork("base");
    const records = await Promise.all([1, 2, 3].map(async () => await fork.checkMemory()));
    expect(records.map(({ state }) => state)).toEqual(["checked", "checked", "checked"]);
    expect(await shell(fork, "echo alive")).toBe("alive");
  });

  it("counts each page once that was written to", async () => {
    await using fork = await mayfly.fork("base");
    const before = (await fork.checkMemory()).changedPages;
    await shell(fork, "dd if=/dev/zero of=/tmp/zero bs=4096 count=2000 2>/dev/null");
    const after = (await fork.checkMemory()).changedPages;
    expect(after - before).toBeGreaterThanOrEqual(1900);
    expect(after - before).toBeLessThan(8000);
  });

  it("with more memory than fits below 4 GiB is understood", async () => {
    await using fork = await mayfly.fork("base", { limits: { memory: 4.5 * GIB } });
    await shell(fork, "dd if=/dev/zero of=/tmp/zero bs=1M count=64 2>/dev/null");
    const record = await fork.checkMemory();
    expect(record.kernel.filter(({ state }) => state !== "intact")).toEqual([]);
    expect(record).toMatchObject({ state: "checked", pages: (4.5 * GIB) / 4096 });
  }, 300_000);
});

it("tells what a guest used over time, and what its kernel said", async () => {
  await using fork = await mayfly.fork("base");
  await shell(
    fork,
    "cat /usr/bin/* >/dev/null; sleep 0.5; echo '<1>look at this' >/dev/kmsg; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done",
    "root",
  );
  const { samples, cpuMs, peakPrivateBytes, disk, console } = await fork.resources();
  expect(cpuMs).toBeGreaterThan(50);
  expect(peakPrivateBytes).toBeGreaterThan(4 * 2 ** 20);
  expect(samples.map(({ at }) => at)).toEqual(samples.map(({ at }) => at).sort((a, b) => a - b));
  const said = console.find(({ text: line }) => line.includes("look at this"));
  expect(said?.at).toBeGreaterThan(400);
  expect(said?.at).toBeLessThan(samples.at(-1)?.at ?? 0);
  expect(disk.readBytes).toBeGreaterThan(2 ** 19);
  expect(disk.reads).toBeGreaterThan(1);
  expect([disk.writes, disk.writtenBytes]).toEqual([0, 0]);
  expect(samples.map(({ readBytes }) => readBytes)).toEqual(
    samples.map(({ readBytes }) => readBytes).sort((a, b) => a - b),
  );
});
