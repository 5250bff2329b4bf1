import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "../../src/contract/index.ts";
import { Mayfly } from "../../src/index.ts";
import { DnsServer } from "../support/dns-server.ts";
import { foundIn, runReported } from "./run-reported.ts";

const HOST = "files.example.org";
let mayfly: Mayfly;
let server: Server;
let port: number;
beforeAll(async () => {
  const dns = await DnsServer.start({ "*": ["127.0.0.1"] });
  mayfly = await Mayfly.open({ dns: [dns.address] });
  server = createServer((socket) => {
    socket.on("error", () => undefined).resume();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  server.close();
  await mayfly.close();
});

/** What only a whole task's end shows, so that each script has a micro-VM to itself. Attacks on the kernel are in test/introspection. */
interface Ending {
  readonly rule: string;
  readonly provoke: () => Promise<Report>;
  readonly spare: () => Promise<Report>;
}

const run =
  (script: string, more: Parameters<typeof runReported>[2] = {}) =>
  async (): Promise<Report> =>
    await runReported(mayfly, script, more);
const online = (script: (port: number) => string) => async (): Promise<Report> =>
  await runReported(mayfly, script(port), {
    policy: { network: { allow: [`${HOST}:${port}`], private: [`127.0.0.1:${port}`] } },
  });

const send = (bytes: number) =>
  online(
    (at) =>
      `python3 -c 'import socket; s = socket.create_connection(("${HOST}", ${at})); s.sendall(b"x" * ${bytes}); s.shutdown(1); s.recv(1)'`,
  );
const greet = (name: string) =>
  online((at) => `curl -skm2 --connect-to ::${HOST}:${at} https://${name}:${at}/`);
const input = { inputs: [{ path: "/bin/true", name: "given" }] };
const files = (count: number): string =>
  `python3 -c 'import os\nfor i in range(${count}): open("/tmp/x", "w").close(); os.unlink("/tmp/x")'`;

const ENDINGS: readonly Ending[] = [
  {
    rule: "execution-input",
    provoke: run("/in/given", input),
    spare: run("cat /in/given >/dev/null", input),
  },
  { rule: "network-much-out", provoke: send(11 * 2 ** 20), spare: send(2 ** 20) },
  { rule: "network-other-tls-name", provoke: greet("other.example.org"), spare: greet(HOST) },
  {
    rule: "impact-fork-bomb",
    provoke: run(
      "python3 -c 'import os, signal\nfor i in range(320): os.fork() or signal.pause()' & wait $!",
    ),
    spare: run("i=0; while [ $i -lt 320 ]; do (:); i=$((i + 1)); done"),
  },
  {
    rule: "task-limit",
    provoke: run("sleep 100", { limits: { timeMs: 1000 } }),
    spare: run("sleep 1; exit 3"),
  },
  {
    rule: "task-broke-guest",
    provoke: run("echo c >/proc/sysrq-trigger; sleep 100"),
    spare: run("kill -SEGV $$"),
  },
  { rule: "witness-lossy", provoke: run(files(4000)), spare: run(files(100)) },
  {
    rule: "witness-silenced",
    provoke: run("echo 0 >/proc/sys/kernel/ftrace_enabled"),
    spare: run("cat /proc/sys/kernel/ftrace_enabled"),
  },
  {
    rule: "memory-unexplained-program",
    provoke: run(
      "dd if=/bin/busybox bs=4096 count=1 of=/tmp/x; printf X | dd of=/tmp/x bs=1 seek=100 conv=notrunc",
      { profile: "base" },
    ),
    spare: run("cp /bin/busybox /tmp/sh; /tmp/sh sh -c true", { profile: "base" }),
  },
];

describe.each(ENDINGS)("the rule $rule", ({ rule, provoke, spare }) => {
  it("finds what provokes it", async () => {
    expect(foundIn(await provoke())).toContain(rule);
  });

  it("is spared by what only looks like it", async () => {
    expect(foundIn(await spare())).not.toContain(rule);
  });
});
