import { networkInterfaces } from "node:os";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StreamListener } from "../../src/contract/index.ts";
import { Mayfly, type Fork } from "../../src/index.ts";
import { listening, stop, type Counting } from "../support/asked-streams.ts";
import { DnsServer } from "../support/dns-server.ts";
import { WAYS_IN } from "../support/ways-in.ts";

/** Tries each way: by what the C library makes of the name, by the address alone, and by a question put together by hand. */
const PROBE = `
import json, os, socket, struct, sys

def by_hand(host):
  # labels go out as they are, whatever a resolver of the C library thinks of them
  labels = [l.encode("utf-8", "surrogatepass")[:63] for l in host.rstrip(".").split(".")]
  if any(not l for l in labels): return []
  question = b"".join(bytes([len(l)]) + l for l in labels) + b"\\0" + struct.pack(">HH", 1, 1)
  s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
  s.settimeout(5)
  server = [l.split()[1] for l in open("/etc/resolv.conf") if l.startswith("nameserver")][0]
  s.sendto(struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + question, (server, 53))
  answer = s.recv(2000)
  if struct.unpack(">H", answer[6:8])[0] == 0: return []
  return [(socket.AF_INET, socket.inet_ntoa(answer[-4:]))]

def by_library(host):
  return [(a[0], a[4][0]) for a in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]

def as_address(host):
  bare = host.strip("[]").split("%")[0]
  return [(socket.AF_INET6 if ":" in bare else socket.AF_INET, bare)]

def connect(family, address, port):
  s = socket.socket(family, socket.SOCK_STREAM)
  s.settimeout(20)
  try:
    s.connect((address, port))
    s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    return "got " + repr(s.recv(100)) if s.recv(1, socket.MSG_PEEK) else "ended"
  except (OSError, TypeError, ValueError) as e: # a NUL does not get past Python
    return type(e).__name__
  finally:
    s.close()

for way in json.load(open("/tmp/ways.json")):
  for how in by_library, as_address, by_hand:
    try: found = how(way["host"])
    except (OSError, UnicodeError, ValueError): continue
    for family, address in found[:2]:
      print(json.dumps([way["host"], how.__name__, way["port"], connect(family, address, way["port"])]), flush=True)
`;

let dns: DnsServer;
let mayfly: Mayfly;
/** One port, everywhere on this host that can be listened on; each counts who comes. */
const listeners: Counting[] = [];
let port = 0;

beforeAll(async () => {
  dns = await DnsServer.start({ "*": ["127.0.0.1", "169.254.169.254"] }); // whatever a name means elsewhere
  mayfly = await Mayfly.open({ dns: [dns.address] });
  const greet = (socket: { end: (words: string) => unknown }): void => {
    socket.end("you are in");
  };
  const first = await listening(greet);
  port = first.port;
  listeners.push(first);
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  for (const { address, internal, scopeid } of own) {
    if (address === "127.0.0.1" || (scopeid !== undefined && scopeid !== 0)) continue;
    listeners.push(await listening(greet, { host: address, port }));
    if (!internal) addresses.push(address);
  }
});
afterAll(async () => {
  await mayfly.close();
  for (const each of listeners) stop(each);
  dns.close();
});

/** This host's own, but loopback. */
const addresses: string[] = [];
const visitors = (): number => listeners.reduce((sum, { sockets }) => sum + sockets.length, 0);

async function probe(fork: Fork, ways: readonly { host: string; port: number }[]): Promise<string[]> {
  await fork.writeFile("/tmp/ways.json", JSON.stringify(ways));
  await fork.writeFile("/tmp/probe.py", PROBE);
  const program = fork.exec(["python3", "/tmp/probe.py"]);
  program.stdin.end();
  const [out, error] = await Promise.all([text(program.stdout), text(program.stderr), program.exit]);
  expect(error).toBe("");
  return out.trim().split("\n");
}

const fork = async (onStream?: StreamListener): Promise<Fork> =>
  await mayfly.fork("python", {
    policy: { network: { allow: ["web", { to: "*.example.org", ports: ["1-65535"] }] } },
    onStream,
  });

describe.each(["the policy", "a listener that allows everything"])("under %s", (who) => {
  it("no way leads to the host, its network, another task or metadata", async () => {
    await using vm = await fork(who === "the policy" ? undefined : () => "allow");
    for (const [i, { resolvesTo }] of WAYS_IN.entries())
      if (resolvesTo !== undefined) dns.names.set(`way${i}.example.org`, [resolvesTo]);
    const ways = WAYS_IN.flatMap((way, i) => {
      const host = way.resolvesTo === undefined ? way.host : `way${i}.example.org`;
      return [
        { host, port },
        { host, port: way.port },
      ];
    });
    const own = addresses.map((host) => ({ host, port }));
    const said = await probe(vm, [...ways, ...own]);
    expect(said.length).toBeGreaterThan(150);
    expect(said.filter((line) => line.includes("got "))).toEqual([]);
    const { streams } = await vm.network();
    expect(streams.length).toBeGreaterThan(100); // the others did not leave the guest at all
    expect(streams.filter(({ end, connected }) => end !== "refused" || connected !== undefined)).toEqual([]);
    expect(streams.filter(({ decision }) => decision.reason === "")).toEqual([]);
    const answered = streams.filter(({ target }) => target.host.startsWith("way"));
    expect(new Set(answered.map(({ target }) => target.host)).size).toBe(
      WAYS_IN.filter(({ resolvesTo }) => resolvesTo !== undefined).length,
    );
    expect(visitors()).toBe(0);
  }, 300_000);
});

it("a name that is public when it is first asked for, and this host afterwards, leads nowhere", async () => {
  let asked = 0;
  dns.names.set("rebind.example.org", () => (asked++ === 0 ? ["169.254.169.254"] : ["127.0.0.1"]));
  await using vm = await fork();
  await probe(
    vm,
    Array.from({ length: 4 }, () => ({ host: "rebind.example.org", port })),
  );
  const reasons = (await vm.network()).streams.map(({ decision }) => decision.reason);
  expect(reasons[0]).toContain("metadata");
  expect(reasons.at(-1)).toContain("127.0.0.1 is this host");
  expect(asked).toBe(reasons.length); // each is judged by the answer that would be dialled
  expect(visitors()).toBe(0);
});

it("another task is not reachable by any address of its own", async () => {
  await using tasks = await pair();
  const [one, other] = tasks;
  const listener = one.exec(["python3", "-c", LISTEN], {});
  listener.stdin.end();
  let heard = "";
  listener.stdout.on("data", (chunk: Buffer) => (heard += chunk.toString()));
  while (!heard.includes("listening")) await new Promise((resolve) => setTimeout(resolve, 50));
  const hosts = [
    "127.0.0.1",
    "::1",
    "198.18.0.1",
    "198.18.0.2",
    "10.0.2.15",
    "10.0.2.2",
    "192.168.127.2",
    "fe80::1",
  ];
  const said = await probe(
    other,
    hosts.map((host) => ({ host, port: 7777 })),
  );
  expect(said.filter((line) => line.includes("got "))).toEqual([]);
  expect(heard.trim()).toBe("listening");
  expect((await one.network()).streams).toEqual([]);
});

/** Says so when somebody connects. */
const LISTEN = `
import socket
s = socket.create_server(("::", 7777), family=socket.AF_INET6, dualstack_ipv6=True)
print("listening", flush=True)
while True:
  c, a = s.accept()
  print("somebody", flush=True)
  c.sendall(b"you are in")
`;

type Pair = [Fork, Fork] & AsyncDisposable;
async function pair(): Promise<Pair> {
  const made = [await fork(), await fork()] as [Fork, Fork];
  return Object.assign(made, {
    [Symbol.asyncDispose]: async () => {
      for (const each of made) await each.kill();
    },
  });
}
