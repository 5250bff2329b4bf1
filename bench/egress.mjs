import { execFileSync, fork } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Egress } from "../dist/egress/egress.js";
import { Resolver } from "../dist/egress/dns/index.js";
import { newVmId } from "../dist/foundation/index.js";
import { ensureImage } from "../dist/image/index.js";
import { bootMachine } from "../dist/microvisor/index.js";
import { compileNetwork } from "../dist/policy/network/index.js";
import { ledgerPid } from "./ledger.mjs";
import { cpuSeconds, median, round, summary } from "./machine.mjs";
import { bootSlirp, SLIRP_HOST } from "./slirp.mjs";

const NAME = "servers.example.org";
const PROBE = "/tmp/net-probe";
const GIB = 2 ** 30;
const IDLE_STREAMS = 1000;

/**
 * A stream through egress against the same transfer, by the same program on the same machine with the same kernel,
 * through QEMU's user-mode network; in turns within one run, so that what else the machine does falls on both alike.
 */
export async function egress(host, accelerator, { rounds, bytes }) {
  process.env.XDG_CONFIG_HOME = join(import.meta.dirname, "config");
  const image = await ensureImage("network", { store: host.store, progress: () => undefined });
  const servers = await startServers(bytes);
  const sides = {};
  try {
    sides.mayfly = await mayflySide({ host, image, accelerator, ports: servers.ports });
    sides.slirp = await slirpSide({ host, image, accelerator });
    for (const { agent } of Object.values(sides))
      await agent.put({ path: PROBE, mode: 0o755, owner: "" }, probe());
    return await compare(sides, servers, { rounds, bytes });
  } finally {
    for (const side of Object.values(sides)) await side.end();
    servers.end();
  }
}

async function compare(sides, servers, { rounds, bytes }) {
  const taken = {};
  const measure = async (what, work) => {
    for (const [name, side] of Object.entries(sides))
      ((taken[what] ??= {})[name] ??= []).push(await work(side));
  };
  const transfer = (kind, port, size) => async (side) => {
    const before = used(side.pid);
    const [milliseconds] = await side.probe(kind, port, size);
    return { MBps: bytes / 1000 / milliseconds, ...cost(before, used(side.pid), bytes) };
  };
  for (let i = 0; i < rounds; i++) {
    await measure("hostToGuest", transfer("pull", servers.ports.source, 0));
    await measure("guestToHost", transfer("push", servers.ports.sink, bytes));
    await measure("firstByte", async (side) => (await side.probe("first", servers.ports.echo, 50))[0]);
  }
  await measure("idle", async (side) => await idle(side, servers));
  const { hostToGuest, guestToHost, firstByte } = taken;
  return {
    bytes,
    hostToGuest: rates(hostToGuest),
    guestToHost: rates(guestToHost),
    firstByteUs: {
      connectionsEach: 50 * rounds,
      mayfly: summary(firstByte.mayfly),
      slirp: summary(firstByte.slirp),
      times: ratio(firstByte.mayfly, firstByte.slirp),
    },
    idleStreams: { mayfly: taken.idle.mayfly[0], slirp: taken.idle.slirp[0] },
  };
}

/** By how much the first is more than the second: the median of the pairs, each taken one right after the other. */
function ratio(these, those) {
  return round(median(these.map((each, i) => each / those[i])));
}

function rates({ mayfly, slirp }) {
  const all = (samples) =>
    Object.fromEntries(
      Object.keys(samples[0]).map((key) => [key, summary(samples.map((each) => each[key]))]),
    );
  const times = (key) => ratio(mayfly.map((each) => each[key]), slirp.map((each) => each[key])); // prettier-ignore
  return { mayfly: all(mayfly), slirp: all(slirp), times: times("MBps"), cpuTimes: times("cpuPerGiB") };
}

/** CPU seconds so far: of this process, of QEMU, and of its virtual CPU, which is its busiest thread. */
function used(pid) {
  const { user, system } = process.cpuUsage();
  const threads = readdirSync(`/proc/${pid}/task`).map((task) => cpuSeconds(`${pid}/task/${task}`));
  return { node: (user + system) / 1e6, qemu: cpuSeconds(pid), vcpu: Math.max(...threads) };
}

function cost(before, after, bytes) {
  const each = (key) => ((after[key] - before[key]) * GIB) / bytes;
  return {
    nodePerGiB: each("node"),
    qemuPerGiB: each("qemu"),
    vcpuPerGiB: each("vcpu"),
    cpuPerGiB: each("node") + each("qemu"),
  };
}

/** Memory per idle stream: of this process, which is the host's side, and of the guest, the program's own included. */
async function idle(side, servers) {
  const before = { host: rss(), guest: await side.available() };
  const holding = side.probe("hold", servers.ports.hold, IDLE_STREAMS);
  await servers.holding(IDLE_STREAMS);
  const after = { host: rss(), guest: await side.available() };
  servers.release();
  await holding;
  return {
    streams: IDLE_STREAMS,
    hostKiB: round((after.host - before.host) / 1024 / IDLE_STREAMS),
    guestKiB: round((before.guest - after.guest) / IDLE_STREAMS),
  };
}

function rss() {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  for (let i = 0; i < 3; i++) collect();
  return process.memoryUsage().rss;
}

async function startServers(bytes) {
  const child = fork(join(import.meta.dirname, "egress-servers.mjs"));
  let held = 0;
  let onHeld = () => undefined;
  child.on("message", (message) => {
    held = message.held ?? held;
    onHeld();
  });
  child.send({ source: bytes });
  const { ports } = await new Promise((resolve) => child.once("message", resolve));
  return {
    ports,
    holding: async (count) =>
      await new Promise((resolve) => {
        onHeld = () => {
          if (held >= count) resolve();
        };
        onHeld();
      }),
    release: () => {
      held = 0;
      child.send("release");
    },
    end: () => child.disconnect(),
  };
}

function probe() {
  const scratch = mkdtempSync(join(tmpdir(), "mayfly-bench-"));
  const binary = join(scratch, "net-probe");
  const source = join(import.meta.dirname, "../test/support/net-probe.c");
  execFileSync("musl-gcc", ["-static", "-O2", "-D_GNU_SOURCE", "-o", binary, source]);
  const bytes = readFileSync(binary);
  rmSync(scratch, { recursive: true });
  return bytes;
}

async function mayflySide({ host, image, accelerator, ports }) {
  const policy = {
    allow: [{ to: NAME, ports: Object.values(ports) }],
    private: Object.values(ports).map((port) => `127.0.0.1:${port}`),
  };
  const network = compileNetwork(policy, (...path) => ({ key: path.join(".") }));
  const resolver = new Resolver(async () => await Promise.resolve([{ address: "127.0.0.1", ttl: 300 }]));
  const gate = new Egress({ network, resolver, inspects: false, env: {} });
  const vm = await bootMachine(host, { id: newVmId(), image, accelerator, deadlineMs: 120_000 });
  vm.agent.onOutward(gate.accept);
  const answer = await run(vm.agent, `busybox nslookup -type=a ${NAME}`);
  const [address] = /198\.1[89]\.\d+\.\d+(?!.*:53)/.exec(answer.slice(answer.indexOf("Name:")));
  return side(vm.agent, ledgerPid(vm.id), address, async () => {
    await gate.close();
    await vm.dispose();
  });
}

async function slirpSide({ host, image, accelerator }) {
  const { memory, vcpus, tbSize } = image.profile;
  const { binary } = await host.engine.facts();
  const machine = await bootSlirp({ image, shape: { accelerator, memory, vcpus, tbSize }, binary }, run);
  return side(machine.agent, machine.pid, SLIRP_HOST, machine.end);
}

function side(agent, pid, address, end) {
  return {
    agent,
    pid,
    end,
    probe: async (kind, port, number) =>
      (await run(agent, `${PROBE} ${kind} ${address} ${port} ${number}`)).trim().split(" ").map(Number),
    available: async () => Number(/MemAvailable:\s+(\d+)/.exec(await run(agent, "cat /proc/meminfo"))[1]),
  };
}

async function run(agent, command) {
  const guest = agent.exec({ argv: ["/bin/sh", "-c", command], env: {}, cwd: "/", user: "" });
  guest.stdin.end();
  const [out, error, exit] = await Promise.all([text(guest.stdout), text(guest.stderr), guest.exit]);
  if (exit.kind !== "exited" || exit.code !== 0) throw new Error(`${command}: ${out}${error}`);
  return out;
}
