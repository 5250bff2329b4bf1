import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import type { NetworkPolicy, StreamRecord } from "../../src/contract/index.ts";
import { TaskAuthority } from "../../src/egress/inspect/index.ts";
import { Mayfly, type Fork } from "../../src/index.ts";
import { listening, stop, type Counting } from "../support/asked-streams.ts";
import { DnsServer } from "../support/dns-server.ts";
import { received } from "../support/received.ts";

const MIB = 1024 * 1024;
const SECRET = "Bearer 5up3r-s3cret-of-the-host";
const HOST = "files.example.org";
const BIG = 1024;

let dns: DnsServer;
let mayfly: Mayfly;
let fork: Fork;
/** Ports of the servers: plain, TLS that is inspected, TLS that is not, TLS that the policy requires. */
const ports = { plain: 0, inspected: 0, tls: 0, required: 0, raw: 0 };
const servers: Server[] = [];
let raw: Counting;
/** What answers the raw port; each test says. */
let onRaw: (socket: Socket) => void = () => undefined;
/** Headers of requests that the inspected server got. */
const authorizations: (string | undefined)[] = [];

beforeAll(async () => {
  const authority = await TaskAuthority.create("public");
  const identity = await authority.identityOf(HOST);
  dns = await DnsServer.start({ [HOST]: ["127.0.0.1"], "other.example.org": ["127.0.0.1"] });
  ports.plain = await listen(createServer(site));
  for (const kind of ["inspected", "tls", "required"] as const)
    ports[kind] = await listen(createTlsServer(identity, site));
  raw = await listening((socket) => {
    onRaw(socket);
  });
  ports.raw = raw.port;
  mayfly = await Mayfly.open({ dns: [dns.address], roots: [authority.certificatePem] });
  fork = await mayfly.fork("python", { policy: { network: policy() } });
});
afterAll(async () => {
  await fork.kill();
  await mayfly.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  stop(raw);
  dns.close();
});

function policy(): NetworkPolicy {
  return {
    allow: [
      `${HOST}:${ports.plain}`,
      `${HOST}:${ports.tls}`,
      `${HOST}:${ports.raw}`,
      { to: `${HOST}:${ports.inspected}`, inspect: true, inject: { Authorization: SECRET } },
      { to: `${HOST}:${ports.required}`, tls: "required" },
      { to: `other.example.org:${ports.required}`, tls: "required" },
    ],
    private: Object.values(ports).map((port) => `127.0.0.1:${port}`),
  };
}

async function listen(server: Server): Promise<number> {
  const sockets = new WebSocketServer({ server, path: "/ws" });
  sockets.on("connection", (socket) =>
    socket.on("message", (data, binary) => {
      socket.send(data as Buffer, { binary });
    }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

/** What all servers serve. Files of package index and repository are made in the guest and served from here. */
const site: RequestListener = (request, response) => {
  const { url = "" } = request;
  if ((request.socket.localPort ?? 0) === ports.inspected) authorizations.push(request.headers.authorization);
  if (url === "/hello") response.end("hello");
  else if (url === "/big") sendBig(response);
  else if (url === "/upload") void digest(request).then((sum) => response.end(sum));
  else if (url === "/simple/tiny/")
    response.setHeader("Content-Type", "text/html").end(`<a href="/file/tmp/w/${WHEEL}">${WHEEL}</a>`);
  else if (url.startsWith("/file/")) {
    fork.readFile(url.slice("/file".length).replace(/\?.*/, "")).then(
      (content) => response.end(content),
      () => response.writeHead(404).end(),
    );
  } else response.writeHead(404).end();
};

const WHEEL = "tiny-1.0-py3-none-any.whl";
const piece = randomBytes(MIB);

function bigDigest(): string {
  const hash = createHash("sha256");
  for (let i = 0; i < BIG; i++) hash.update(piece);
  return hash.digest("hex");
}

function sendBig(response: Parameters<RequestListener>[1]): void {
  let left = BIG;
  response.setHeader("Content-Length", BIG * MIB);
  const more = (): void => {
    while (left > 0) {
      left--;
      if (!response.write(piece)) {
        response.once("drain", more);
        return;
      }
    }
    response.end();
  };
  more();
}

async function digest(request: IncomingMessage): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of request) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

interface Said {
  readonly out: string;
  readonly error: string;
  readonly code: number | undefined;
}

async function sh(command: string, on = fork): Promise<Said> {
  const program = on.exec(["bash", "-c", command], { cwd: "/tmp" });
  program.stdin.end();
  const [out, error, exit] = await Promise.all([text(program.stdout), text(program.stderr), program.exit]);
  return { out: out.trim(), error: error.trim(), code: exit.kind === "exited" ? exit.code : undefined };
}

const python = async (code: string, on = fork): Promise<Said> =>
  await sh(`python3 - <<'END'\n${code}\nEND`, on);
const url = (kind: keyof typeof ports, path = "/hello"): string =>
  `${kind === "plain" ? "http" : "https"}://${HOST}:${ports[kind]}${path}`;

/** The streams of a port, latest last. */
async function streams(kind: keyof typeof ports): Promise<readonly StreamRecord[]> {
  return (await fork.network()).streams.filter(({ target }) => target.port === ports[kind]);
}
async function last(kind: keyof typeof ports): Promise<StreamRecord> {
  const stream = (await streams(kind)).at(-1);
  if (stream === undefined) throw new Error(`no stream to ${kind}`);
  return stream;
}

describe.each(["plain", "inspected"] as const)("over a stream that is %s", (kind) => {
  it.each([
    ["curl", (at: string) => `curl -sS ${at}`],
    ["wget", (at: string) => `wget -qO- ${at}`],
    [
      "urllib",
      (at: string) => `python3 -c 'import urllib.request as r; print(r.urlopen("${at}").read().decode())'`,
    ],
    ["requests", (at: string) => `python3 -c 'import requests; print(requests.get("${at}").text)'`],
  ])("%s gets its answer", async (_client, command) => {
    expect(await sh(command(url(kind)))).toMatchObject({ out: "hello", code: 0 });
    expect(await last(kind)).toMatchObject({
      target: { host: HOST, port: ports[kind] },
      decision: { allowed: true, reason: "" },
      addresses: ["127.0.0.1"],
      connected: "127.0.0.1",
      inspected: kind === "inspected",
      http: [{ method: "GET", path: "/hello", status: 200 }],
    });
  });

  it("every request of a connection that is kept is recorded: curl's, a session's, and those sent at once", async () => {
    const count = (await streams(kind)).length;
    const told = async (): Promise<(string | number | undefined)[][]> => {
      const [stream, ...more] = (await streams(kind)).slice(-1);
      expect([more, stream?.decision.reason]).toEqual([[], ""]);
      return (stream?.http ?? []).map(({ method, path, status }) => [method, path, status]);
    };
    const form = "-H 'Content-Type: text/plain' -d 'GET /inside HTTP/1.1' -d '&Host: x'";
    const curl = `curl -sS ${url(kind)} ${url(kind, "/none")} --next -sS ${form} ${url(kind, "/upload")} --next -sS -I ${url(kind)}`;
    expect(await sh(curl)).toMatchObject({ code: 0 });
    expect(await told()).toEqual([
      ["GET", "/hello", 200],
      ["GET", "/none", 404],
      ["POST", "/upload", 200],
      ["HEAD", "/hello", 200],
    ]);
    const session = `
import requests
s = requests.Session()
s.get("${url(kind)}")
s.post("${url(kind, "/upload")}", data=iter([b"GET /inside HTTP/1.1\\r\\n", b"x" * 70000]))
s.put("${url(kind, "/upload")}", data=b"y" * 70000)
print(s.get("${url(kind, "/hello?last")}").status_code)`;
    expect(await python(session)).toMatchObject({ out: "404", error: "", code: 0 });
    expect(await told()).toEqual([
      ["GET", "/hello", 200],
      ["POST", "/upload", 200],
      ["PUT", "/upload", 200],
      ["GET", "/hello?last", 404],
    ]);
    const wrap =
      kind === "plain"
        ? "s"
        : `__import__("ssl").create_default_context().wrap_socket(s, server_hostname="${HOST}")`;
    const pipelined = `
import socket
s = socket.create_connection(("${HOST}", ${ports[kind]}))
s = ${wrap}
s.sendall(b"".join(b"GET /%d HTTP/1.1\\r\\nHost: ${HOST}:${ports[kind]}\\r\\n\\r\\n" % i for i in range(20)))
got = b""
while got.count(b"HTTP/1.1 404") < 20: got += s.recv(65536)
print("all")`;
    expect(await python(pipelined)).toMatchObject({ out: "all", error: "", code: 0 });
    expect(await told()).toEqual(Array.from({ length: 20 }, (_each, i) => ["GET", `/${i}`, 404]));
    expect((await streams(kind)).length).toBe(count + 3);
  });

  it("pip installs from an index", async () => {
    const code = `
import os, zipfile
os.makedirs("/tmp/w", exist_ok=True)
with zipfile.ZipFile("/tmp/w/${WHEEL}", "w") as z:
  z.writestr("tiny.py", "WORD = 'installed'\\n")
  z.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
  z.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
  z.writestr("tiny-1.0.dist-info/RECORD", "tiny.py,,\\ntiny-1.0.dist-info/METADATA,,\\ntiny-1.0.dist-info/WHEEL,,\\ntiny-1.0.dist-info/RECORD,,\\n")
`;
    expect(await python(code)).toMatchObject({ error: "", code: 0 });
    const trusted = kind === "plain" ? `--trusted-host ${HOST}` : "";
    const install = `pip install --no-cache-dir --disable-pip-version-check -q --target /tmp/site-${kind} ${trusted} -i ${url(kind, "/simple/")} tiny`;
    expect(await sh(install)).toMatchObject({ error: "", code: 0 });
    expect((await sh(`PYTHONPATH=/tmp/site-${kind} python3 -c 'import tiny; print(tiny.WORD)'`)).out).toBe(
      "installed",
    );
  });

  it("git clones", async () => {
    const make =
      "rm -rf r r.git c && git init -q r && cd r && echo text > a && git add a && git -c user.name=n -c user.email=e commit -qm m && " +
      "git clone -q --bare . ../r.git && cd ../r.git && git update-server-info";
    expect(await sh(make)).toMatchObject({ error: "", code: 0 });
    expect(await sh(`git clone -q ${url(kind, "/file/tmp/r.git")} c && cat c/a`)).toMatchObject({
      out: "text",
      code: 0,
    });
  });

  it("a WebSocket sends and gets", async () => {
    const at = url(kind, "/ws").replace("http", "ws");
    const code = `
import asyncio, websockets
async def main():
  async with websockets.connect("${at}") as ws:
    for text in ["one", "x" * 100000]:
      await ws.send(text)
      assert await ws.recv() == text
    print("both")
asyncio.run(main())`;
    expect(await python(code)).toMatchObject({ out: "both", code: 0 });
    const { http, decision } = await last(kind);
    expect(http).toMatchObject([{ method: "GET", path: "/ws", status: 101 }]);
    expect(decision.reason).toBe(
      kind === "plain" ? "requests after 1 are not recorded: the connection became another protocol" : "",
    );
  });

  it("64 MiB go up whole", async () => {
    const command = `head -c 67108864 /dev/urandom > up; sha256sum < up | cut -d' ' -f1; curl -sS -T up ${url(kind, "/upload")}; rm up`;
    const { out, error } = await sh(command);
    const [sent, received] = out.split("\n");
    expect([received, error]).toEqual([sent, ""]);
    expect((await last(kind)).bytesOut).toBeGreaterThan(64 * MIB);
  });
});

describe("an injected header", () => {
  it("is seen by the server, and nowhere in the guest", async () => {
    authorizations.length = 0;
    expect((await sh(`curl -sSv -H 'Authorization: mine' ${url("inspected")} 2>&1`)).out).not.toContain(
      "5up3r",
    );
    expect(authorizations).toEqual([SECRET]);
    const search =
      "env; cat /proc/self/environ; grep -rls 5up3r-s3cret / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev";
    expect((await sh(search)).out).not.toMatch(/5up3r|^\/.*$/m);
  });

  it("is not put into requests to others", async () => {
    expect((await sh(`curl -sS ${url("plain")}`)).out).toBe("hello");
    expect(JSON.stringify(await fork.network())).not.toContain("5up3r");
  });
});

describe("TLS that is not inspected", () => {
  it("is between client and server: the client sees the server's own certificate, and does not trust its authority", async () => {
    const show = (kind: keyof typeof ports): string =>
      `openssl s_client -connect ${HOST}:${ports[kind]} -servername ${HOST} -alpn http/1.1 </dev/null 2>/dev/null | openssl x509 -noout -issuer`;
    const own = (await sh(show("tls"))).out;
    expect(own).toContain("public");
    expect(await last("tls")).toMatchObject({
      inspected: false,
      tls: { serverName: HOST, alpn: ["http/1.1"] },
      http: [],
    });
    const task = (await sh(show("inspected"))).out;
    expect(task).toContain(fork.id);
    expect((await sh(`curl -sS ${url("tls")}`)).error).toContain("certificate");
    expect(await sh(`curl -sSk ${url("tls")}`)).toMatchObject({ out: "hello" });
  });
});

describe("where TLS is required", () => {
  it("the right name passes, plain text and other names do not", async () => {
    expect(await sh(`curl -sSk ${url("required")}`)).toMatchObject({ out: "hello" });
    expect(await last("required")).toMatchObject({ connected: "127.0.0.1", tls: { serverName: HOST } });
    expect((await sh(`curl -sS http://${HOST}:${ports.required}/hello`)).code).not.toBe(0);
    expect((await last("required")).decision.reason).toContain("begin with TLS");
    const fronted = `curl -sSk --connect-to ${HOST}:${ports.required}:other.example.org:${ports.required} ${url("required")}`;
    expect((await sh(fronted)).code).not.toBe(0);
    expect(await last("required")).toMatchObject({ target: { host: "other.example.org" }, end: "refused" });
    expect((await last("required")).decision.reason).toContain("names another server");
  });
});

describe("what is large or many", () => {
  it("1 GiB comes down whole, and is not gathered here", async () => {
    const before = process.memoryUsage().rss;
    let most = before;
    const sampling = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 200);
    const { out } = await sh(`curl -sS ${url("plain", "/big")} | sha256sum | cut -d' ' -f1`);
    clearInterval(sampling);
    expect(out).toBe(bigDigest());
    expect((most - before) / MIB).toBeLessThan(300);
    expect((await last("plain")).bytesIn).toBeGreaterThan(BIG * MIB);
  }, 600_000);

  it("1,000 requests at once are all answered", async () => {
    const code = `
import asyncio
async def ask():
  r, w = await asyncio.open_connection("${HOST}", ${ports.plain})
  w.write(b"GET /hello HTTP/1.1\\r\\nHost: ${HOST}\\r\\nConnection: close\\r\\n\\r\\n")
  answer = await r.read()
  w.close()
  return answer.endswith(b"hello")
async def main():
  print(sum(await asyncio.gather(*[ask() for _ in range(1000)])))
asyncio.run(main())`;
    expect(await sh(`ulimit -n 4096; python3 - <<'END'\n${code}\nEND`)).toMatchObject({
      out: "1000",
      error: "",
    });
  }, 300_000);
});

describe("ends", () => {
  const client = (body: string): string => `
import socket
s = socket.create_connection(("${HOST}", ${ports.raw}))
def rest():
  got = b""
  while True:
    more = s.recv(65536)
    if not more: return got
    got += more
${body}`;

  it("each direction ends on its own, whichever is first", async () => {
    onRaw = (socket) => {
      void received(socket).then((got) => socket.end(`{${got.toString()}}`));
    };
    expect((await python(client('s.sendall(b"ask"); s.shutdown(1); print(rest().decode())'))).out).toBe(
      "{ask}",
    );
    const got: Promise<Buffer>[] = [];
    onRaw = (socket) => {
      socket.end("first");
      got.push(received(socket));
    };
    const code = client('print(rest().decode()); s.sendall(b"y" * 1000000); s.shutdown(1)');
    expect((await python(code)).out).toBe("first");
    expect((await got[0])?.length).toBe(1_000_000);
    expect((await last("raw")).end).toBe("closed");
  });

  it("a server that resets is seen as one", async () => {
    onRaw = (socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    };
    const { error } = await python(client('s.sendall(b"x"); rest()'));
    expect(error).toContain("ConnectionResetError");
    expect((await last("raw")).end).toBe("reset");
  });

  it("a server that never reads blocks its client, and nobody else", async () => {
    onRaw = (socket) => socket.pause();
    const code = client(`
s.settimeout(10)
sent = 0
try:
  while sent < 1 << 30: sent += s.send(b"x" * 65536)
except TimeoutError: print(sent)`);
    const blocked = python(code);
    await using other = await mayfly.fork("python", { policy: { network: policy() } });
    expect((await sh(`curl -sS ${url("plain")}`)).out).toBe("hello");
    expect((await sh(`curl -sS ${url("plain")}`, other)).out).toBe("hello");
    expect(Number((await blocked).out)).toBeLessThan(64 * MIB);
  });
});
