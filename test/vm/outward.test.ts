import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { GuestProgram, OutwardStream } from "../../src/channel/index.ts";
import { openUntrusted } from "../../src/foundation/index.ts";
import { Microvisor, type ReadyVm } from "../../src/microvisor/index.ts";
import { DEFAULT_LIMITS } from "../../src/contract/index.ts";
import { openHost } from "../../src/sdk/installation.ts";

const MIB = 1024 * 1024;
const PROBE = "/tmp/net-probe";

let scratch: string;
let probe: Buffer;
let microvisor: Microvisor;
let ready: ReadyVm;
let sibling: ReadyVm;
const lookups: string[] = [];
/** What answers an outward stream; each test says. */
let answer: (stream: OutwardStream) => void;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "mayfly-outward-"));
  const binary = join(scratch, "net-probe");
  execFileSync("musl-gcc", [
    ...["-static", "-Os", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"],
    ...["-o", binary, "test/support/net-probe.c"],
  ]);
  probe = readFileSync(binary);
  microvisor = new Microvisor(openHost(undefined, () => undefined));
  [ready, sibling] = [await fork(), await fork()];
  ready.vm.agent.onLookup(({ name }) => lookups.push(openUntrusted(name)));
});
afterAll(async () => {
  await ready.vm.dispose();
  await sibling.vm.dispose();
  await microvisor[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});
beforeEach(() => {
  answer = (stream) => {
    stream.refuse("the test expects none");
  };
});

async function fork(): Promise<ReadyVm> {
  const limits = { ...DEFAULT_LIMITS, ...(await microvisor.profileDefaults("base")).limits };
  const made = await microvisor.fork("base", { limits, label: "outward", needsHardware: false });
  made.vm.agent.onOutward((stream) => {
    answer(stream);
  });
  await made.vm.agent.put({ path: PROBE, mode: 0o755, owner: "" }, probe);
  return made;
}

interface Said {
  readonly out: string;
  readonly error: string;
  readonly code: number | undefined;
}

/** Runs a shell command in the guest, as root or as its user. */
async function sh(command: string, { user = "user", vm = ready.vm } = {}): Promise<Said> {
  const guest = vm.agent.exec({ argv: ["/bin/sh", "-c", command], env: {}, cwd: "/", user });
  guest.stdin.end();
  const [out, error, exit] = await Promise.all([text(guest.stdout), text(guest.stderr), guest.exit]);
  return { out: out.trim(), error: error.trim(), code: exit.kind === "exited" ? exit.code : undefined };
}

const target = (stream: OutwardStream): string => `${openUntrusted(stream.host)}|${stream.port}`;

/** All that comes until the program ends its direction; the stream stays. */
async function received(duplex: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  duplex.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(duplex, "end");
  return Buffer.concat(chunks);
}

/** Answers with `{what came}` only after the program has ended its direction; gives the targets. */
function answerAfterEnd(): string[] {
  const targets: string[] = [];
  answer = (stream) => {
    targets.push(target(stream));
    void received(stream.duplex).then((bytes) => stream.duplex.end(`{${bytes.toString()}}`));
  };
  return targets;
}

describe("a connection of the guest", () => {
  it.each([
    ["example.org", 443, "example.org|443"],
    ["EXAMPLE.Org", 8080, "example.org|8080"],
    ["192.0.2.7", 22, "192.0.2.7|22"],
    ["10.0.0.1", 65_535, "10.0.0.1|65535"],
    ["2001:db8::7", 443, "2001:db8::7|443"],
    ["::ffff:192.0.2.9", 1, "192.0.2.9|1"],
    ["fd00::1", 53, "fd00::1|53"],
  ])("to %s port %i reaches the host as %s, and is half-closed both ways", async (host, port, expected) => {
    const targets = answerAfterEnd();
    expect(await sh(`printf question | nc -N -w 20 ${host} ${port}`)).toMatchObject({
      out: "{question}",
      code: 0,
    });
    expect(targets).toEqual([expected]);
  });

  it("gets what the host says, and its end, while it may still speak", async () => {
    const heard = new Promise<Buffer>((resolve) => {
      answer = ({ duplex }) => {
        duplex.end("first");
        void received(duplex).then(resolve);
      };
    });
    expect((await sh(`${PROBE} late 192.0.2.7 7`)).out).toBe("first");
    expect((await heard).toString()).toBe("first");
  });

  it("is reset at once where the host refuses, destroys, or fails", async () => {
    for (const end of [
      (stream: OutwardStream) => {
        stream.refuse("no");
      },
      ({ duplex }: OutwardStream) => duplex.destroy(),
      ({ duplex }: OutwardStream) => {
        duplex.once("data", () => duplex.destroy(new Error("no")));
      },
    ]) {
      answer = end;
      expect((await sh(`${PROBE} first 192.0.2.7 80 1`)).code).toBe(1);
      expect((await sh(`${PROBE} push 192.0.2.7 80 ${8 * MIB}`)).out).toMatch(/reset|Broken pipe/);
    }
  });

  it("that the program breaks off, fails on the host", async () => {
    const broken = new Promise((resolve) => {
      answer = ({ duplex }) => {
        duplex.on("error", resolve);
        duplex.write(Buffer.alloc(5 * MIB)); // the program goes while much of it is unread
      };
    });
    await sh("nc -N 192.0.2.7 7 </dev/null | head -c 1 >/dev/null");
    expect(await broken).toMatchObject({ code: "E_CLOSED" });
  });

  it("tells of its program", async () => {
    const programs: GuestProgram[] = [];
    answer = (stream) => {
      stream.onProgram((program) => {
        programs.push(program);
        stream.duplex.end();
      });
    };
    await sh(`${PROBE} push 2001:db8::1 7 0; nc -N 192.0.2.7 7 </dev/null & wait $!; echo $!`);
    expect(programs.map(({ path }) => openUntrusted(path))).toEqual([PROBE, "/bin/nc.openbsd"]);
    expect(programs.every(({ pid }) => pid > 1)).toBe(true);
  });
});

describe("bytes", () => {
  it("of 64 MiB arrive whole, out and in", async () => {
    const content = randomBytes(MIB);
    const digest = createHash("sha256");
    for (let i = 0; i < 64; i++) digest.update(content);
    const expected = digest.digest("hex");
    const arriving = createHash("sha256");
    answer = ({ duplex }) => {
      duplex.on("data", (chunk: Buffer) => arriving.update(chunk));
      duplex.on("end", () => {
        void (async () => {
          for (let i = 0; i < 64; i++) if (!duplex.write(content)) await once(duplex, "drain");
          duplex.end();
        })();
      });
    };
    await ready.vm.agent.put({ path: "/tmp/mib", mode: 0o644, owner: "user" }, content);
    const many = "for i in $(seq 64); do cat /tmp/mib; done";
    expect((await sh(`${many} | nc -N 192.0.2.7 7 | sha256sum`)).out).toBe(`${expected}  -`);
    expect(arriving.digest("hex")).toBe(expected);
  });

  it("wait where nobody reads them, on either side", async () => {
    let stalled: Duplex | undefined;
    answer = ({ port, duplex }) => {
      if (port === 7) stalled = duplex;
      else duplex.pipe(duplex);
    };
    const pushing = sh(`${PROBE} push 192.0.2.7 7 ${32 * MIB}`);
    expect((await sh(`${PROBE} hold 192.0.2.7 8 50`)).out).toBe("50");
    expect(stalled?.readableLength).toBeLessThan(2 * MIB);
    let bytes = 0;
    stalled?.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    stalled?.on("end", () => stalled?.end());
    expect((await pushing).code).toBe(0);
    expect(bytes).toBe(32 * MIB);
  });

  it("of 300 connections at a time go to the right ones", async () => {
    answer = ({ duplex }) => duplex.pipe(duplex);
    expect((await sh(`${PROBE} hold 192.0.2.7 7 300`)).out).toBe("300");
    expect((await sh(`${PROBE} hold 2001:db8::7 7 300`)).out).toBe("300");
  });

  it("of more than 4,096 at a time: the agent resets the rest itself, and the host is not told", async () => {
    let opened = 0;
    let beyond = 0;
    answer = ({ duplex }) => {
      opened++;
      duplex.pipe(duplex);
    };
    const { vm } = await fork(); // in which no earlier connection is still ending
    vm.agent.onBeyond(() => beyond++);
    const { code } = await sh(`ulimit -n 8192; ${PROBE} hold 192.0.2.7 7 4097`, { vm });
    await vm.dispose();
    expect(code).toBe(1);
    expect([opened, beyond]).toEqual([4096, 0]);
  });

  it("pass after thousands of connections as fast as the guest can", async () => {
    let count = 0;
    answer = (stream) => {
      count++;
      stream.refuse("no");
    };
    const [, , other] = (await sh(`${PROBE} burst 192.0.2.7 7 5000`)).out.split(" ");
    expect(other).toBe("0");
    await expect.poll(() => count, { timeout: 30_000 }).toBe(5000);
    const targets = answerAfterEnd();
    expect((await sh("printf still | nc -N 192.0.2.7 9")).out).toBe("{still}");
    expect(targets).toHaveLength(1);
  });
});

describe("names", () => {
  it.each(["", "9.9.9.9", "10.20.30.40", "2620:fe::fe"])("are answered by any server: %s", async (server) => {
    const { out, code } = await sh(`nslookup -type=a By-${server.length}.Example ${server}`);
    expect(code).toBe(0);
    expect(out).toMatch(/Address: 198\.1[89]\.\d+\.\d+$/m);
    expect(lookups).toContain(`by-${server.length}.example`);
  });

  it("have one address each, whatever their case, and are told of once", async () => {
    const address = async (name: string): Promise<string | undefined> =>
      /Address: (198\.1[89].*)$/m.exec((await sh(`nslookup -type=a ${name}`)).out)?.[1];
    const [first, again, other] = [
      await address("one.example"),
      await address("ONE.example"),
      await address("two.example"),
    ];
    expect(first).toBeDefined();
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    expect(lookups.filter((name) => name === "one.example")).toHaveLength(1);
  });

  it("have no IPv6 address, and no mail servers", async () => {
    expect((await sh("nslookup -type=aaaa six.example")).out).not.toMatch(/Address: .*::/);
    expect(
      (await sh("nslookup -type=mx mail.example")).out + (await sh("nslookup -type=mx m.example")).error,
    ).toMatch(/REFUSED/);
  });

  it("that were nobody's are addresses", async () => {
    const targets = answerAfterEnd();
    await sh("printf x | nc -N 198.19.255.254 80");
    expect(targets).toEqual(["198.19.255.254|80"]);
  });
});

describe("what is not TCP", () => {
  it.each(["192.0.2.7", "2001:db8::7", "198.18.0.1"])("to %s is refused at once", async (address) => {
    for (const port of [123, 443]) {
      expect((await sh(`${PROBE} udp ${address} ${port}`)).out).toBe("Connection refused");
    }
  });

  it.each(["192.0.2.7", "2001:db8::7", "127.0.0.1", "::1"])(
    "a ping of %s is refused at once, whoever asks and however",
    async (address) => {
      const [ordinary, root] = ["Permission denied", "Operation not permitted"];
      expect((await sh(`${PROBE} ping ${address}`)).out).toBe(`${ordinary} ${root}`);
      const may = (groups: string): string => `echo ${groups} > /proc/sys/net/ipv4/ping_group_range`;
      const opened = `${may("0 2147483647")}; ${PROBE} ping ${address}; ${may("1 0")}`;
      expect((await sh(opened, { user: "" })).out).toBe(`${root} ${root}`);
      const { out, error, code } = await sh(`ping -c 1 -W 60 ${address}`, { user: "" });
      expect([out, error, code]).toEqual([expect.any(String), expect.stringMatching(/permi/i), 1]);
    },
  );
});

describe("the guest's own loopback", () => {
  it.each(["127.0.0.1", "::1", "127.9.9.9", "198.18.0.1"])("%s is its own", async (address) => {
    const { out } = await sh(
      `(echo mine | nc -N -l ${address} 8080 &) ; until netstat -ltn | grep -q :8080; do sleep 0.1; done; nc -N ${address} 8080 </dev/null`,
    );
    expect(out).toBe("mine");
  });

  it("is never the host's", async () => {
    let connections = 0;
    const server = createServer(() => connections++).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const targets: string[] = [];
    answer = (stream) => {
      targets.push(target(stream));
      stream.refuse("no");
    };
    for (const address of ["127.0.0.1", "::1", "0.0.0.0", "198.18.0.1", "10.0.2.2", "169.254.169.254"])
      expect((await sh(`${PROBE} first ${address} ${port} 1`)).code).toBe(1);
    expect((await sh(`${PROBE} first 127.0.0.1 1 1`)).out).toBe("Connection refused");
    expect(targets).toEqual([`10.0.2.2|${port}`, `169.254.169.254|${port}`]);
    expect(connections).toBe(0);
    server.close();
  });
});

it("two forks of a template do the same, each with its own streams", async () => {
  const targets = answerAfterEnd();
  const command = "printf hi | nc -N twin.example 80";
  const [first, second] = await Promise.all([sh(command), sh(command, { vm: sibling.vm })]);
  expect([first.out, second.out]).toEqual(["{hi}", "{hi}"]);
  expect(targets).toEqual(["twin.example|80", "twin.example|80"]);
});
