import { once } from "node:events";
import { BlockList, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import {
  fakeStream,
  listening,
  stop,
  type Counting,
  type FakeStream,
} from "../../test/support/asked-streams.ts";
import { ENCRYPTED_HELLO, clientHello, withExtension } from "../../test/support/client-hello.ts";
import { WAYS_IN } from "../../test/support/ways-in.ts";
import type { NetworkPolicy, StreamListener, StreamRecord } from "../contract/index.ts";
import { asUntrusted, deferred } from "../foundation/index.ts";
import { compileNetwork } from "../policy/network/index.ts";
import { Resolver, type Ask } from "./dns/index.ts";
import { checkedAddresses } from "./addresses.ts";
import { Egress } from "./egress.ts";
import { ownNetworks } from "./own-networks.ts";

const open: { egress: Egress[]; servers: Counting[] } = { egress: [], servers: [] };
afterEach(async () => {
  for (const each of open.egress.splice(0)) await each.close();
  for (const each of open.servers.splice(0)) stop(each);
});

/** All names have these addresses. */
const at =
  (...addresses: readonly string[]): Ask =>
  async () =>
    await Promise.resolve(addresses.map((address) => ({ address, ttl: 60 })));

function egress(policy: NetworkPolicy, ask: Ask = at("127.0.0.1"), onStream?: StreamListener): Egress {
  const made = new Egress({
    now: () => performance.now(),
    network: compileNetwork(policy),
    resolver: new Resolver(ask),
    inspects: false,
    onStream,
    env: {},
  });
  open.egress.push(made);
  return made;
}

async function serve(
  onConnection?: (socket: Socket) => void,
  host?: string,
  port?: number,
): Promise<Counting> {
  const made = await listening(onConnection, {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
  });
  open.servers.push(made);
  return made;
}

/** A policy under which `server.test` may be reached at the port. */
const toPort = (port: number, more: NetworkPolicy = {}): NetworkPolicy => ({
  allow: [`server.test:${port}`],
  private: [`127.0.0.1:${port}`],
  ...more,
});

function ask(from: Egress, host: string, port: number): FakeStream {
  const stream = fakeStream(host, port);
  from.accept(stream.asked);
  return stream;
}

async function gone(stream: FakeStream): Promise<void> {
  // `once` of events would reject for the reset that the program sees
  if (!stream.program.closed) await new Promise((resolve) => stream.program.once("close", resolve));
  await new Promise(setImmediate); // what is noted after the stream was closed
}

/** Asks, says nothing, and waits until the stream is gone. */
async function finished(from: Egress, host: string, port: number): Promise<void> {
  const stream = ask(from, host, port);
  stream.program.end();
  await gone(stream);
}

const only = (of: Egress): StreamRecord => {
  const { streams } = of.record();
  expect(streams).toHaveLength(1);
  const [stream] = streams;
  if (stream === undefined) throw new Error("no stream was recorded");
  return stream;
};

describe("a name that nobody should believe", () => {
  it.each([
    ["a NUL", "example.org\0.evil.test", /NUL|character/],
    ["a label of 300 bytes", `${"a".repeat(300)}.example.org`, /long/],
    ["2,000 characters", "a".repeat(2000), /longer than/],
    ["nothing", "", /\w/],
    ["a line end and a header", "example.org\r\nHost: localhost", /\w/],
    ["localhost", "localhost", /host/],
    ["hexadecimal", "0x7f.1", /address|number/],
    ["one number", "2130706433", /address|number/],
    ["a mapped address", "[::ffff:127.0.0.1]", /IPv4 address inside/],
  ])("%s is refused with a reason, and nothing is resolved", async (_what, host, reason) => {
    let lookups = 0;
    const network = egress({ allow: ["web"] }, async () => {
      lookups++;
      return await at("1.1.1.1")("");
    });
    const stream = ask(network, host, 80);
    await gone(stream);
    expect(only(network)).toMatchObject({ end: "refused", addresses: [], bytesOut: 0 });
    expect(only(network).decision.allowed).toBe(false);
    expect(only(network).decision.reason).toMatch(reason);
    expect(only(network).target.host).not.toMatch(/[\0\r\n]/);
    expect(stream.refusals).toEqual([only(network).decision.reason]);
    expect(lookups).toBe(0);
  });

  it("is shown as punycode where its letters pretend to be others", async () => {
    const network = egress({});
    await gone(ask(network, "pаypal.example", 443)); // a Cyrillic а
    expect(only(network).target.host).toBe("xn--pypal-4ve.example");
  });

  it("of a port that is none is refused", async () => {
    const network = egress({ allow: ["web"] });
    await gone(ask(network, "example.org", 0));
    await gone(ask(network, "example.org", 70_000));
    expect(network.record().streams.map(({ end }) => end)).toEqual(["refused", "refused"]);
  });
});

describe("ways in", () => {
  it.each(["policy", "onStream"] as const)("are all refused, whatever %s allows", async (by) => {
    const server = await serve();
    const onStream: StreamListener | undefined = by === "onStream" ? () => "allow" : undefined;
    const allow = ["web", { to: "*.example.org", ports: [server.port] }];
    for (const { host, resolvesTo = "127.0.0.1" } of WAYS_IN) {
      const network = egress({ allow }, at(resolvesTo), onStream);
      await gone(ask(network, host, server.port));
      expect(only(network), host).toMatchObject({ end: "refused", connected: undefined });
      expect(only(network).decision.reason, host).toMatch(/\w/);
      await network.close();
    }
    expect(server.sockets).toHaveLength(0);
  });

  it("are not opened by an answer that changes: what was checked is what is dialled", async () => {
    const good = await serve((socket) => socket.end("checked"));
    const other = await serve(undefined, "127.0.0.2", good.port);
    let asked = 0;
    const changing: Ask = async () => await at(asked++ === 0 ? "127.0.0.1" : "127.0.0.2")("");
    const network = egress(toPort(good.port), async (name) =>
      (await changing(name)).map(({ address }) => ({ address, ttl: 0 })),
    );
    const first = ask(network, "server.test", good.port);
    expect(await first.received).toBe("checked");
    first.program.end();
    expect(asked).toBe(1);
    const second = ask(network, "server.test", good.port);
    await gone(second);
    expect(asked).toBe(2);
    expect(network.record().streams[1]?.decision.reason).toContain("127.0.0.2 is this host");
    expect(other.sockets).toHaveLength(0);
  });

  it("are left out where a name has good addresses too", async () => {
    const good = await serve((socket) => socket.end("checked"));
    const other = await serve(undefined, "127.0.0.2", good.port);
    const network = egress(toPort(good.port), at("169.254.169.254", "127.0.0.2", "127.0.0.1", "::1"));
    const stream = ask(network, "server.test", good.port);
    expect(await stream.received).toBe("checked");
    expect(only(network)).toMatchObject({ addresses: ["127.0.0.1"], connected: "127.0.0.1" });
    expect(other.sockets).toHaveLength(0);
  });
});

describe("a stream that is allowed", () => {
  it("is recorded: program, name, addresses, rule, bytes, end", async () => {
    const server = await serve((socket) => {
      socket.on("data", () => undefined).on("end", () => socket.end("HTTP/1.1 204 No Content\r\n\r\n"));
    });
    const network = egress(toPort(server.port));
    const request = "GET /a?b HTTP/1.1\r\nHost: server.test\r\n\r\n";
    const stream = ask(network, "Server.TEST", server.port);
    stream.program.end(request);
    expect(await stream.received).toContain("204");
    await gone(stream);
    expect(only(network)).toMatchObject({
      target: { host: "server.test", port: server.port },
      program: "/usr/bin/curl (process 7)",
      addresses: ["127.0.0.1"],
      connected: "127.0.0.1",
      decision: { allowed: true, reason: "" },
      http: [{ method: "GET", host: "server.test", path: "/a?b", status: 204 }],
      bytesOut: request.length,
      bytesIn: 27,
      end: "closed",
    });
    expect(network.record()).toMatchObject({ bytesOut: request.length, bytesIn: 27 });
  });

  it("loses nothing that it sent after the peer has ended its direction", async () => {
    const total = 8 * 1024 * 1024;
    let received = 0;
    const ended = deferred<undefined>();
    const server = await serve((socket) => {
      socket.end("I am done");
      socket.pause();
      setTimeout(() => {
        socket.on("data", (chunk: Buffer) => (received += chunk.length));
        socket
          .once("end", () => {
            ended.resolve(undefined);
          })
          .once("error", (cause) => {
            ended.reject(cause);
          });
        socket.resume();
      }, 200);
    });
    const network = egress(toPort(server.port));
    const stream = ask(network, "server.test", server.port);
    expect(await stream.received).toBe("I am done");
    stream.program.end(Buffer.alloc(total, 1));
    await ended.promise;
    expect(received).toBe(total);
    await gone(stream);
    expect(only(network)).toMatchObject({ end: "closed", bytesOut: total });
  });

  it("is unreachable where nobody listens, or its name has no address, or no server of names answers", async () => {
    const server = await serve();
    server.server.close();
    const network = egress(toPort(server.port));
    const stream = ask(network, "server.test", server.port);
    await gone(stream);
    expect(only(network)).toMatchObject({
      end: "unreachable",
      decision: { allowed: true, reason: "nobody listens there" },
    });
    const nameless = egress(toPort(1), at());
    await gone(ask(nameless, "server.test", 1));
    expect(only(nameless)).toMatchObject({ end: "unreachable" });
    const deaf = egress(toPort(1), async () => await Promise.reject(new Error("no answer")));
    await gone(ask(deaf, "server.test", 1));
    expect(only(deaf)).toMatchObject({ end: "unreachable" });
  });

  it("is reset where its peer resets, and the peer where the program does", async () => {
    const server = await serve((socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    });
    const network = egress(toPort(server.port));
    const stream = ask(network, "server.test", server.port);
    stream.program.write("x");
    await gone(stream);
    expect(only(network).end).toBe("reset");

    const failure = deferred<string>();
    const other = await serve((socket) => {
      socket.write("go");
      socket.on("error", (cause: NodeJS.ErrnoException) => {
        failure.resolve(cause.code ?? "");
      });
    });
    const again = egress(toPort(other.port));
    const reset = ask(again, "server.test", other.port);
    await once(reset.program, "data");
    reset.program.destroy();
    expect(await failure.promise).toBe("ECONNRESET");
    await gone(reset);
    expect(only(again).end).toBe("reset");
  });
});

describe("many streams at once", () => {
  it("10,000 in a second are refused, recorded up to the bound, and the rest counted", async () => {
    const network = egress({});
    const streams = Array.from({ length: 10_007 }, (_, i) => ask(network, `n${i}.example.org`, 443));
    await Promise.all(streams.map(gone));
    const record = network.record();
    expect([record.streams.length, record.omitted]).toEqual([10_000, 7]);
    expect(record.streams.every(({ end, decision }) => end === "refused" && decision.reason !== "")).toBe(
      true,
    );
    expect(streams.every(({ refusals }) => refusals.length === 1)).toBe(true);
  });

  it("are refused over 1,000 a second and 4,096 at a time, whatever the policy leaves open", async () => {
    const server = await serve((socket) => socket.end());
    const network = egress(toPort(server.port));
    const streams = Array.from({ length: 10_000 }, () => ask(network, "server.test", server.port));
    for (const { program } of streams) program.end();
    await Promise.all(streams.map(gone));
    const ends = network.record().streams.map(({ end }) => end);
    expect(ends.filter((end) => end === "budget" || end === "refused").length).toBeGreaterThan(5_000);
    expect(ends.filter((end) => end === "closed").length).toBeGreaterThanOrEqual(1_000);
    const budget = network.record().streams.find(({ end }) => end === "budget");
    expect(budget?.decision.reason).toContain("more than 1000 connections a second");
    // What was refused was not dialled. A busy host may not come to all that was: `unreachable`
    const dialled = ends.filter((end) => end !== "budget" && end !== "refused").length;
    expect(server.sockets.length).toBeLessThanOrEqual(dialled);
  });

  it("keep at most 1,000 names that were looked up", () => {
    const network = egress({});
    for (let i = 0; i < 5_000; i++) network.lookup(asUntrusted(`n${i}.example.org`));
    network.lookup(asUntrusted(`\u001b[2J${"x".repeat(5_000)}`));
    expect(network.record().lookups).toHaveLength(1_000);
  });
});

describe("a budget", () => {
  it("of bytes ends the stream before more leaves", async () => {
    let received = 0;
    const server = await serve((socket) => socket.on("data", (chunk: Buffer) => (received += chunk.length)));
    const network = egress(toPort(server.port, { budget: { bytesOut: 1_000 } }));
    const stream = ask(network, "server.test", server.port);
    stream.program.write(Buffer.alloc(1_000));
    while (received < 1_000) await new Promise(setImmediate);
    stream.program.write("x");
    await gone(stream);
    expect(only(network)).toMatchObject({ end: "budget", bytesOut: 1_000 });
    expect(only(network).decision.reason).toBe("the budget of 1000 bytes to the outside is used up");
    expect(received).toBe(1_000);
  });

  it("of connections counts those of the task, not those that were refused", async () => {
    const server = await serve((socket) => socket.end());
    const network = egress(toPort(server.port, { budget: { connections: 2 } }));
    for (const host of ["other.test", "server.test", "other.test", "server.test", "server.test"]) {
      const stream = ask(network, host, server.port);
      stream.program.end();
      await gone(stream);
    }
    expect(network.record().streams.map(({ end }) => end)).toEqual([
      "refused",
      "closed",
      "refused",
      "closed",
      "budget",
    ]);
    expect(server.sockets).toHaveLength(2);
  });

  it("of connections a second is one for all streams", async () => {
    const server = await serve((socket) => socket.end());
    const network = egress(toPort(server.port, { budget: { connectionsPerSecond: 3 } }));
    const streams = Array.from({ length: 50 }, () => ask(network, "server.test", server.port));
    for (const { program } of streams) program.end();
    await Promise.all(streams.map(gone));
    const ends = network.record().streams.map(({ end }) => end);
    expect(ends.slice(0, 4)).toEqual(["closed", "closed", "closed", "budget"]);
  });
});

describe("a live decision", () => {
  it("allows what the policy refuses, and refuses what it allows", async () => {
    const server = await serve((socket) => socket.end("hello"));
    const told: unknown[] = [];
    const policy: NetworkPolicy = { allow: ["no.test"], private: [`127.0.0.1:${server.port}`] };
    const network = egress(policy, at("127.0.0.1"), ({ target: { host }, decision }) => {
      told.push([host, decision.allowed]);
      return host === "yes.test" ? "allow" : host === "no.test" ? "refuse" : undefined;
    });
    const yes = ask(network, "yes.test", server.port);
    expect(await yes.received).toBe("hello");
    yes.program.end();
    await gone(ask(network, "no.test", 443));
    await gone(ask(network, "other.test", 443));
    expect(network.record().streams.map(({ decision }) => decision)).toMatchObject([
      { allowed: true, rule: expect.stringMatching(/^onStream/) as string },
      { allowed: false, rule: "onStream", reason: "it was refused live" },
      { allowed: false, reason: "no rule allows it" },
    ]);
    expect(told).toEqual([
      ["yes.test", false],
      ["no.test", true],
      ["other.test", false],
    ]);
  });

  it("is not asked for more than the budget allows, and what it refuses is not counted as a connection", async () => {
    const server = await serve((socket) => socket.end());
    let asked = 0;
    const budget = { connections: 1, connectionsPerSecond: 5 };
    const network = egress(toPort(server.port, { budget }), at("127.0.0.1"), ({ target }) => {
      asked++;
      return target.host === "server.test" && asked === 3 ? "allow" : "refuse";
    });
    for (const host of ["server.test", "other.test", "server.test", "server.test"])
      await finished(network, host, server.port);
    expect(asked).toBe(3);
    expect(network.record().streams.map(({ end }) => end)).toEqual([
      "refused",
      "refused",
      "closed",
      "budget",
    ]);
    const flooded = egress({ budget: { connectionsPerSecond: 5 } }, at("127.0.0.1"), () => {
      asked++;
      return undefined;
    });
    asked = 0;
    await Promise.all(
      Array.from({ length: 500 }, async () => {
        await finished(flooded, "other.test", 443);
      }),
    );
    expect(asked).toBe(5);
    expect(flooded.record().streams.filter(({ end }) => end === "budget")).toHaveLength(495);
  });

  it.each([
    ["throws", () => { throw new Error("broken"); }], // prettier-ignore
    ["rejects", async () => await Promise.reject(new Error("broken"))],
    ["says something else", () => "yes" as never],
  ])("that %s does not allow", async (_what, listener) => {
    const server = await serve();
    const network = egress({ private: [`127.0.0.1:${server.port}`] }, at("127.0.0.1"), listener);
    await gone(ask(network, "server.test", server.port));
    expect(only(network).end).toBe("refused");
    expect(server.sockets).toHaveLength(0);
  });
});

describe("the end of a task", () => {
  it("ends its streams, open or not, and refuses those that come later", async () => {
    const failure = deferred<string>();
    const server = await serve((socket) => {
      socket.write("go");
      socket.on("error", (cause: NodeJS.ErrnoException) => {
        failure.resolve(cause.code ?? "");
      });
    });
    const network = egress(toPort(server.port));
    const stream = ask(network, "server.test", server.port);
    await once(stream.program, "data");
    await network.close();
    expect(await failure.promise).toBe("ECONNRESET");
    await gone(stream);
    const late = ask(network, "server.test", server.port);
    await gone(late);
    expect(network.record().streams.map(({ end }) => end)).toEqual(["task-ended", "task-ended"]);
    expect(server.sockets).toHaveLength(1);
  });

  it("waits neither for a listener that never decides, nor for a name, nor for TLS that never comes", async () => {
    const never = new Promise<never>(() => undefined);
    const tls: NetworkPolicy = {
      allow: [{ to: "server.test:1", tls: "required" }],
      private: ["127.0.0.1:1"],
    };
    const slow = [
      egress(toPort(1), at("127.0.0.1"), async () => await never),
      egress(toPort(1), async () => await never),
      egress(tls),
    ];
    for (const network of slow) {
      const stream = ask(network, "server.test", 1);
      await new Promise(setImmediate);
      await network.close();
      await gone(stream);
      expect(only(network).end).toBe("task-ended");
    }
  });
});

describe("where a protocol is named", () => {
  it("another is refused by that rule before anything is dialled, though a later rule has the same target", async () => {
    const server = await serve((socket) => socket.end("hello"));
    const to = `server.test:${server.port}`;
    const network = egress(toPort(server.port, { allow: [{ to, protocol: "http" }, to] }));
    const tls = ask(network, "server.test", server.port);
    tls.program.write(await clientHello("server.test"));
    await gone(tls);
    expect(server.sockets).toHaveLength(0);
    const http = ask(network, "server.test", server.port);
    http.program.end("GET /a HTTP/1.1\r\nHost: server.test\r\n\r\n");
    expect(await http.received).toBe("hello");
    await gone(http);
    expect(network.record().streams).toMatchObject([
      {
        end: "refused",
        decision: { reason: "it did not begin with a request of HTTP/1, which this rule requires" },
      },
      { end: "closed", http: [{ path: "/a" }], decision: { allowed: true, reason: "" } },
    ]);
  });
});

describe("where TLS is required", () => {
  const policy = (port: number): NetworkPolicy => ({
    allow: [{ to: `server.test:${port}`, tls: "required" }],
    private: [`127.0.0.1:${port}`],
  });

  it.each([
    [
      "plain text",
      async () => await Promise.resolve(Buffer.from("GET / HTTP/1.1\r\n\r\n")),
      "begin with TLS",
    ],
    ["another name", async () => await clientHello("other.test"), "names another server"],
    ["no name", async () => await clientHello(""), "names no server"],
    [
      "an encrypted name",
      async () => withExtension(await clientHello("server.test"), ENCRYPTED_HELLO),
      "ECH",
    ],
  ])("%s is refused before anything is dialled", async (_what, first, reason) => {
    const server = await serve();
    const network = egress(policy(server.port));
    const stream = ask(network, "server.test", server.port);
    stream.program.write(await first());
    await gone(stream);
    expect(only(network)).toMatchObject({ end: "refused", bytesOut: 0 });
    expect(only(network).decision.reason).toContain(reason);
    expect(server.sockets).toHaveLength(0);
  });

  it("the right name passes, in as many pieces as it comes, and reaches the peer unchanged", async () => {
    const first = await clientHello("server.test", ["h2", "http/1.1"]);
    const chunks: Buffer[] = [];
    const server = await serve((socket) => {
      socket.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => socket.end("bye"));
    });
    const network = egress(policy(server.port));
    const stream = ask(network, "server.test", server.port);
    for (let i = 0; i < first.length; i += 50) {
      stream.program.write(first.subarray(i, i + 50));
      await new Promise(setImmediate);
    }
    stream.program.end("and more");
    expect(await stream.received).toBe("bye");
    expect(Buffer.concat(chunks)).toEqual(Buffer.concat([first, Buffer.from("and more")]));
    await gone(stream);
    expect(only(network)).toMatchObject({
      end: "closed",
      tls: { serverName: "server.test", alpn: ["h2", "http/1.1"] },
    });
  });
});

describe("the end of a task", () => {
  it("does not wait for an inspected stream on which nothing was asked", async () => {
    const server = await serve();
    const rule = { to: `server.test:${server.port}`, inject: { "X-Key": "s3cret" } };
    const from = egress(toPort(server.port, { allow: [rule] }));
    const stream = ask(from, "server.test", server.port);
    while (server.sockets.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await from.close(); // or the test's time is over
    await gone(stream);
    expect(only(from).end).toBe("task-ended");
  }, 15_000);
});

describe("this host's own addresses", () => {
  const own = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, scopeid }) => !internal && (scopeid ?? 0) === 0)
    .map(({ address }) => address);

  it.skipIf(own.length === 0)("are known, however public they are", () => {
    const networks = ownNetworks();
    for (const address of own)
      expect(networks.check(address, address.includes(":") ? "ipv6" : "ipv4")).toBe(true);
    expect(networks.check("8.8.8.8")).toBe(false);
  });

  it("are asked for once a second at most, and only where an address is public", async () => {
    const later = performance.now() + 60_000;
    const first = ownNetworks(later);
    expect(ownNetworks(later + 999)).toBe(first);
    expect(ownNetworks(later + 1_000)).not.toBe(first);
    const network = compileNetwork({ allow: ["web"], private: ["10.1.2.3:443"] });
    const unasked = (): BlockList => {
      throw new Error("asked");
    };
    const judge = async (address: string): ReturnType<typeof checkedAddresses> => {
      const destination = { kind: "name", name: "a.example.org", port: 443 } as const;
      return await checkedAddresses(destination, {
        network,
        resolver: new Resolver(at(address)),
        own: unasked,
      });
    };
    expect(await judge("10.1.2.3")).toMatchObject({ addresses: [{ address: "10.1.2.3" }] });
    expect(await judge("10.1.2.4")).toMatchObject({ refused: { end: "refused" } });
    await expect(judge("8.8.8.8")).rejects.toThrow("asked");
  });

  it("are refused where they are public, unless the policy names them", async () => {
    const destination = { kind: "name", name: "neighbour.test", port: 443 } as const;
    const resolver = new Resolver(at("8.8.4.99"));
    const own = (): BlockList => {
      const list = new BlockList();
      list.addSubnet("8.8.4.4", 24);
      return list;
    };
    const judge = async (policy: NetworkPolicy): ReturnType<typeof checkedAddresses> =>
      await checkedAddresses(destination, { network: compileNetwork(policy), resolver, own });
    expect(await judge({ allow: ["web"] })).toMatchObject({
      refused: { reason: "8.8.4.99 is this host's own, or of a network that it is on" },
    });
    expect(await judge({ allow: ["web"], private: ["8.8.4.99:443"] })).toMatchObject({
      addresses: [{ address: "8.8.4.99" }],
      rule: 'network.private[0] "8.8.4.99:443"',
    });
  });
});
