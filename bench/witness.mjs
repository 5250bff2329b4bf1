import { Microvisor } from "../dist/microvisor/index.js";
import { DEFAULT_LIMITS } from "../dist/contract/index.js";
import { cpuMs, median, round, summary } from "./machine.mjs";

/** As a build does: many short programs, many small files, some of them made to be run. */
const BUILD = `
mkdir -p /tmp/build; cd /tmp/build; i=0
while [ $i -lt 40 ]; do
  i=$((i+1))
  seq 1 300 >$i.c
  sed 's/1/one/g' $i.c >$i.s
  awk '{ sum += length($0) } END { print sum }' $i.s >$i.o
  cat $i.o >>all
  cp $i.o $i.x; chmod 755 $i.x
  grep -c . $i.s >/dev/null
  sort -r $i.s | head -5 >$i.t
  mv $i.t $i.u; rm $i.s
done
cd /; rm -r /tmp/build`;

/**
 * What watching costs: the same work in the same micro-VM, watched and not in turns, so that what else the machine does
 * falls on both alike; and a standby's first byte likewise.
 */
export async function witness(host, rounds) {
  const microvisor = new Microvisor(host);
  try {
    return { build: await build(microvisor, rounds), standby: await standby(microvisor, rounds) };
  } finally {
    await microvisor[Symbol.asyncDispose]();
  }
}

async function build(microvisor, rounds) {
  const { vm } = await fork(microvisor);
  const times = { on: [], off: [] };
  const cpu = { on: [], off: [] };
  let record;
  try {
    await timed(vm, ["sh", "-c", BUILD], false);
    await timed(vm, ["sh", "-c", BUILD], true);
    for (let i = 0; i < rounds; i++)
      for (const on of i % 2 === 0 ? [true, false] : [false, true]) {
        const { ms, cpu: spent, record: told } = await timed(vm, ["sh", "-c", BUILD], on);
        times[on ? "on" : "off"].push(ms);
        cpu[on ? "on" : "off"].push(spent);
        record = told ?? record;
      }
  } finally {
    await vm.dispose();
  }
  return {
    ...compared(times),
    cpu: compared(cpu),
    events: record.events.length,
    lost: record.lost,
    omitted: record.omitted,
    state: record.state,
  };
}

async function standby(microvisor, rounds) {
  const times = { on: [], off: [] };
  const cpu = { on: [], off: [] };
  const limits = await limitsOf(microvisor);
  for (let i = 0; i < rounds; i++)
    for (const on of i % 2 === 0 ? [true, false] : [false, true]) {
      await microvisor.keepStandby("base", limits, 1);
      const from = performance.now();
      const { vm, origin } = await fork(microvisor);
      if (origin !== "standby") throw new Error(`a ${origin} where a standby was to be had`);
      const { first, cpu: spent } = await timed(vm, ["echo", "hi"], on);
      times[on ? "on" : "off"].push(first - from);
      cpu[on ? "on" : "off"].push(spent);
      await vm.dispose();
      await microvisor.keepStandby("base", limits, 0);
    }
  return { ...compared(times), cpu: compared(cpu) };
}

function compared({ on, off }) {
  const ratios = on.map((ms, i) => ms / off[i]);
  return { onMs: summary(on), offMs: summary(off), overheadPercent: round((median(ratios) - 1) * 100) };
}

async function limitsOf(microvisor) {
  return { ...DEFAULT_LIMITS, ...(await microvisor.profileDefaults("base")).limits };
}

async function fork(microvisor) {
  return await microvisor.fork("base", {
    limits: await limitsOf(microvisor),
    label: "bench",
    needsHardware: false,
  });
}

async function timed(vm, argv, on) {
  const from = performance.now();
  const spentBefore = spent(vm);
  const watching = on ? vm.agent.witness() : undefined;
  const guest = vm.agent.exec({ argv, env: {}, cwd: "/tmp", user: "user" });
  guest.stdin.end();
  guest.stderr.resume();
  let first;
  guest.stdout.on("data", () => (first ??= performance.now()));
  await guest.exit;
  const ms = performance.now() - from;
  const cpu = spent(vm) - spentBefore;
  return { ms, first, cpu, record: await watching?.finish() };
}

/** Processor time of QEMU and of ourselves, in milliseconds. */
function spent(vm) {
  const { user, system } = process.cpuUsage();
  return cpuMs(vm.machine.processes[0].pid) + (user + system) / 1000;
}
