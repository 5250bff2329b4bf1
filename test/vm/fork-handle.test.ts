import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { buffer, text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cgroupHost } from "../../src/engine/index.ts";
import { Mayfly, type Fork } from "../../src/index.ts";
import { bootMachine, readAcceleratorChoice } from "../../src/microvisor/index.ts";
import { newIdentity } from "../../src/microvisor/identity.ts";
import { openHost } from "../../src/sdk/installation.ts";
import { ensureImage } from "../../src/image/index.ts";
import { newVmId, openUntrusted } from "../../src/foundation/index.ts";
import { leftovers } from "../support/leftovers.ts";

let mayfly: Mayfly;
let fork: Fork;
beforeAll(async () => {
  mayfly = await Mayfly.open();
  fork = await mayfly.fork("python");
});
afterAll(async () => {
  await fork.kill();
  await mayfly.close();
});

const sha = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

async function python(script: string): Promise<string> {
  const guest = fork.exec(["python3", "-c", script]);
  guest.stdin.end();
  const [stdout, stderr, exit] = await Promise.all([text(guest.stdout), text(guest.stderr), guest.exit]);
  expect(exit, stderr).toEqual({ kind: "exited", code: 0 });
  return stdout.trim();
}

/** Starts a server in the guest, waits until it says that it listens. */
async function serve(script: string): Promise<void> {
  const guest = fork.exec(["python3", "-c", script]);
  guest.stdin.end();
  guest.stderr.resume();
  guest.exit.catch(() => undefined); // it ends with the micro-VM
  await new Promise((resolve) => guest.stdout.once("data", resolve));
  guest.stdout.resume();
}

describe("files of a fork", () => {
  it("go in and come out exactly, small and large, from bytes and from streams", async () => {
    const large = randomBytes(9 * 1024 * 1024 + 1);
    await fork.writeFile("/tmp/small", "text\n");
    await fork.writeFile(
      "/tmp/deep/er/large",
      Readable.from([large.subarray(0, 1000), large.subarray(1000)]),
    );
    expect((await fork.readFile("/tmp/small")).toString()).toBe("text\n");
    expect(sha(await fork.readFile("/tmp/deep/er/large"))).toBe(sha(large));
    expect(sha(await buffer(fork.openFile("/tmp/deep/er/large")))).toBe(sha(large));
  });

  it("are listed with kinds and sizes, links not followed", async () => {
    await python(
      "import os; os.makedirs('/tmp/l/d'); open('/tmp/l/f','w').write('123'); os.symlink('/etc/passwd','/tmp/l/s'); os.mkfifo('/tmp/l/p')",
    );
    const entries = await fork.list("/tmp/l");
    expect(Object.fromEntries(entries.map(({ path, kind }) => [openUntrusted(path), kind]))).toEqual({
      d: "directory",
      f: "file",
      s: "symlink",
      p: "other",
    });
    expect(entries.find(({ kind }) => kind === "file")?.size).toBe(3);
  });

  it("that cannot be had are told by name", async () => {
    await expect(fork.readFile("/tmp/nothing")).rejects.toMatchObject({
      code: "E_FILE_IN_GUEST",
      message: expect.stringContaining("/tmp/nothing") as string,
    });
    await expect(fork.readFile("/tmp")).rejects.toMatchObject({ code: "E_FILE_IN_GUEST" });
    await expect(fork.writeFile("/proc/nope", "x")).rejects.toMatchObject({ code: "E_FILE_IN_GUEST" });
  });
});

describe("forwards", () => {
  it("reach a port of the guest, both ways, with half-close", async () => {
    await serve(
      "import socket\ns=socket.create_server(('127.0.0.1',8123)); print('up',flush=True)\nwhile 1:\n c,_=s.accept(); d=b''\n while (b:=c.recv(65536)): d+=b\n c.sendall(d[::-1]); c.close()",
    );
    const bytes = randomBytes(700_000);
    const socket = await fork.forward({ port: 8123 });
    socket.end(bytes);
    expect(sha(await buffer(socket))).toBe(sha(Buffer.from(bytes).reverse()));
  });

  it("reach a unix socket of the guest", async () => {
    await serve(
      "import socket\ns=socket.socket(socket.AF_UNIX); s.bind('/tmp/s'); s.listen(); print('up',flush=True)\nwhile 1:\n c,_=s.accept(); c.sendall(b'hello '+c.recv(100)); c.close()",
    );
    const socket = await fork.forward({ unixPath: "/tmp/s" });
    socket.write("you");
    expect((await buffer(socket)).toString()).toBe("hello you");
  });

  it("to nothing are refused", async () => {
    await expect(fork.forward({ port: 9 })).rejects.toMatchObject({ code: "E_GUEST_REFUSED" });
    await expect(fork.forward({ unixPath: "/tmp/none" })).rejects.toMatchObject({
      code: expect.stringMatching(/^E_/) as string,
    });
  });
});

it("refuses connections outward, and the task's result names them", async () => {
  const script =
    "import socket\ns=socket.create_connection(('Example.org', 443))\ntry: print(s.recv(1))\nexcept ConnectionResetError: print('reset')";
  const result = await mayfly.run({ profile: "python", command: ["python3", "-c", script] });
  expect(result.stdout.toString()).toBe("reset\n");
  expect(result.network.streams.map(({ target, end }) => [target, end])).toEqual([
    [{ host: "example.org", port: 443 }, "refused"],
  ]);
});

it("loses nothing of what a process wrote last, however its end and its credit meet", async () => {
  const flood = fork.exec(["cat", "/dev/zero"]); // keeps the agent busy, so that it learns of last bytes and end at once
  flood.stdin.end();
  flood.stderr.resume();
  flood.stdout.resume();
  const script =
    "import os, time; os.write(1, bytes(200_000)); time.sleep(0.3); os.write(1, bytes(65_536)); os._exit(0)";
  const counts = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const guest = fork.exec(["python3", "-S", "-c", script]);
      guest.stdin.end();
      guest.stderr.resume();
      await wait(1_000); // unread, the last write is more than the credit that is left
      let count = 0;
      for await (const chunk of guest.stdout) count += (chunk as Buffer).length;
      await guest.exit;
      return count;
    }),
  );
  flood.kill();
  expect(counts).toEqual(counts.map(() => 265_536));
});

it("sends signals and new terminal sizes", async () => {
  const guest = fork.exec([
    "sh",
    "-c",
    "trap 'echo got; exit 7' TERM; echo ready; while :; do sleep 0.1; done",
  ]);
  guest.stderr.resume();
  let said = "";
  guest.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  while (!said.includes("ready")) await new Promise((resolve) => setTimeout(resolve, 10));
  guest.signal(15);
  expect(await guest.exit).toEqual({ kind: "exited", code: 7 });
  const terminal = fork.exec(["sh", "-c", "read x; stty size"], { pty: { rows: 10, columns: 20 } });
  terminal.resize(30, 40);
  terminal.stdin.write("\n");
  expect(await text(terminal.stdout)).toContain("30 40");
});

it("gives as many processors and as much memory as were asked for, and a share of the host's", async () => {
  await using sized = await mayfly.fork("base", { limits: { vcpus: 2, memory: 384 * 2 ** 20, cpus: 0.5 } });
  const guest = sized.exec(["sh", "-c", "nproc; grep MemTotal /proc/meminfo"]);
  guest.stdin.end();
  guest.stderr.resume();
  const [nproc, memory] = (await text(guest.stdout)).split("\n");
  expect(nproc).toBe("2");
  const mib = Number(/(\d+) kB/.exec(memory ?? "")?.[1]) / 1024;
  expect(mib).toBeGreaterThan(300);
  expect(mib).toBeLessThan(384);
  const host = cgroupHost();
  const path = join(host?.parents.cpu ?? "", `mayfly-${sized.id}`);
  const quota =
    host?.version === 2
      ? readFileSync(join(path, "cpu.max"), "utf8").split(" ")[0]
      : readFileSync(join(path, "cpu.cfs_quota_us"), "utf8");
  expect(Number(quota)).toBe(50_000);
});

it("is unusable and gone after kill, however often that is called", async () => {
  const gone = await mayfly.fork("base");
  const guest = gone.exec(["sleep", "1000"]);
  guest.stdout.resume().on("error", () => undefined);
  guest.stderr.resume().on("error", () => undefined);
  const steps = await Promise.all([gone.kill(), gone.kill()]);
  expect(steps[0]).toEqual(steps[1]);
  expect(steps[0].every(({ ok }) => ok)).toBe(true);
  await expect(guest.exit).rejects.toMatchObject({ code: "E_CLOSED" });
  await expect(gone.readFile("/etc/passwd")).rejects.toMatchObject({
    code: expect.stringMatching(/^E_(CLOSED|ENGINE_DIED)$/) as string,
  });
  expect(leftovers([gone.id])).toEqual([]);
});

it("a guest that never answers is given up after its deadline, and nothing is left", async () => {
  const host = openHost(undefined, () => undefined);
  const image = await ensureImage("base", host);
  const accelerator = readAcceleratorChoice(host)?.accelerator ?? "tcg";
  const vm = await bootMachine(host, { id: newVmId(), image, accelerator, deadlineMs: 60_000 });
  await vm.machine.pause();
  await expect(vm.identify(newIdentity("base"), 200)).rejects.toMatchObject({ code: "E_GUEST_SILENT" });
  await vm.dispose();
  expect(leftovers([vm.id])).toEqual([]);
});
