import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { connectAgent } from "../dist/channel/index.js";
import { hostCpu } from "../dist/engine/host-cpu.js";
import { kernelCommandLine, qemuArguments } from "../dist/engine/qemu/argv.js";

/** Where the guest finds the host's loopback. */
export const SLIRP_HOST = "10.0.2.2";

/** Takes the place of the agent's network, which claims every address for itself. */
const CONFIGURE = [
  "ip route del local default dev lo table local",
  "ip link set eth0 up",
  "ip address add 10.0.2.15/24 dev eth0",
  "ip route add default via 10.0.2.2",
].join(" && ");

/** The machine that Mayfly would boot, with a network card on QEMU's user-mode network and without a jail. */
export async function bootSlirp({ image, shape, binary }, run) {
  const inside = {
    "/image/vmlinuz": image.kernel,
    "/image/initramfs": image.initramfs,
    "/image/root": image.root,
  };
  const boot = kernelCommandLine(shape, hostCpu().tscKhz);
  const argv = qemuArguments({ id: "slirp", shape, ram: "anonymous", hasRom: false, boot })
    .filter((each) => each !== "-S")
    .map((each) => Object.entries(inside).reduce((text, [from, to]) => text.replace(from, to), each));
  const card = ["-netdev", "user,id=net", "-device", "virtio-net-device,netdev=net"];
  const child = spawn(binary, [...argv, ...card], { stdio: ["pipe", "ignore", "inherit", "pipe", "pipe"] });
  const agent = connectAgent(child.stdio[4]);
  await agent.hello();
  await agent.identify({
    realtime: BigInt(Date.now()) * 1_000_000n,
    hostname: "slirp",
    machineId: randomBytes(16).toString("hex"),
    bootId: randomUUID(),
    entropy: randomBytes(64),
  });
  await run(agent, CONFIGURE);
  return { agent, pid: child.pid, end: () => child.kill("SIGKILL") };
}
