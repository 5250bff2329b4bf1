import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import {
  Agent as HttpAgent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import { Agent, createServer as createTlsServer, request as tlsRequest } from "node:https";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { connect as tlsConnect, type SecureContext } from "node:tls";
import { promisify } from "node:util";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { TaskAuthority } from "../../src/egress/inspect/index.ts";
import { openDoor, publicAuthority, type Door } from "./inspected.ts";

const MIB = 1024 * 1024;
const SECRET = "Bearer 5up3r-s3cret";
let authority: TaskAuthority;
let real: { identity: { cert: string; key: string }; trust: SecureContext };
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  authority = await TaskAuthority.create("m0123456789ab");
  real = await publicAuthority();
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const serveTls = async (listener: RequestListener): Promise<number> =>
  await listen(createTlsServer(real.identity, listener));
const servePlain = async (listener: RequestListener): Promise<number> => await listen(createServer(listener));

async function door(...args: Parameters<typeof openDoor>): Promise<Door> {
  const opened = await openDoor(...args);
  closers.push(async () => {
    await opened.close();
  });
  return opened;
}
const tlsDoor = async (port: number, options: Parameters<typeof openDoor>[1] = {}): Promise<Door> =>
  await door(port, { authority, trust: real.trust, ...options });
const plainDoor = async (port: number, options: Parameters<typeof openDoor>[1] = {}): Promise<Door> =>
  await door(port, { target: { name: "real.example", port: 80 }, ...options });

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: Buffer | Readable;
  readonly agent?: Agent;
}
interface Got {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: string[];
  readonly trailers: IncomingMessage["trailers"];
  readonly body: Buffer;
}

/** A request of a program in the guest. */
async function ask(to: Door, { body, ...asked }: Asked = {}): Promise<Got> {
  const outgoing = tlsRequest({
    port: to.port,
    host: "127.0.0.1",
    servername: "real.example",
    ca: authority.certificatePem,
    agent: false,
    ...asked,
    headers: { Host: "real.example", ...asked.headers },
  });
  return await finish(outgoing, body);
}

async function askPlain(to: Door, { body, agent: _tls, ...asked }: Asked = {}): Promise<Got> {
  const outgoing = httpRequest({
    port: to.port,
    host: "127.0.0.1",
    agent: false,
    ...asked,
    headers: { Host: "real.example", ...asked.headers },
  });
  return await finish(outgoing, body);
}

async function finish(
  outgoing: ReturnType<typeof httpRequest>,
  body: Buffer | Readable | undefined,
): Promise<Got> {
  const answered = once(outgoing, "response") as Promise<[IncomingMessage]>;
  if (body instanceof Readable) await Promise.all([pipeline(body, outgoing), answered]);
  else outgoing.end(body);
  const [incoming] = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { statusCode = 0, headers, rawHeaders, trailers } = incoming;
  return { status: statusCode, headers, rawHeaders, trailers, body: Buffer.concat(chunks) };
}

/** Everything that a plain connection to `to` gives for `text`. */
async function raw(to: Door, text: string): Promise<string> {
  const socket = connect({ port: to.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end(text, "latin1");
  let answer = "";
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
  await once(socket, "close");
  return answer;
}

const echo: RequestListener = (incoming, response) => {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => {
    response.setHeader("X-Seen", JSON.stringify(incoming.rawHeaders));
    response.end(`${incoming.method} ${incoming.url} ${Buffer.concat(chunks).toString()}`);
  });
};
const seen = (got: Got): string[] => JSON.parse(String(got.headers["x-seen"])) as string[];

describe("inspect, with TLS", () => {
  it("passes a request on, puts the injected header in place of the guest's, and records", async () => {
    const to = await tlsDoor(await serveTls(echo), { inject: { Authorization: SECRET } });
    const got = await ask(to, {
      method: "POST",
      path: "/a?b",
      headers: { authorization: "guess", "X-A": "1" },
      body: Buffer.from("hello"),
    });
    expect(got.status).toBe(200);
    expect(got.body.toString()).toBe("POST /a?b hello");
    const headers = seen(got);
    expect(headers.filter((name) => name.toLowerCase() === "authorization")).toEqual(["Authorization"]);
    expect(headers).toContain(SECRET);
    expect(headers).not.toContain("guess");
    expect(headers.slice(0, 2)).toEqual(["Host", "real.example"]);
    expect(to.told.requests).toEqual([{ method: "POST", host: "real.example", path: "/a?b" }]);
    expect(to.told.statuses).toEqual([200]);
    expect(to.told.faults).toEqual([]);
    expect(to.told.tls).toEqual([{ serverName: "real.example", alpn: [] }]);
    expect(to.told.keys.some((line) => /^SERVER_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$/.test(line))).toBe(
      true,
    );
  });

  it("keeps one connection for many requests, on both sides", async () => {
    const to = await tlsDoor(await serveTls(echo));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closers.push(() => {
      agent.destroy();
    });
    for (let n = 0; n < 20; n++) {
      const got = await ask(to, {
        agent,
        path: `/${n}`,
        method: n % 2 === 0 ? "GET" : "PUT",
        body: Buffer.from(n % 2 === 0 ? "" : "x"),
      });
      expect(got.body.toString()).toBe(n % 2 === 0 ? `GET /${n} ` : `PUT /${n} x`);
    }
    expect(to.told.dialled).toHaveLength(1);
    expect(to.told.requests).toHaveLength(20);
  });

  it("closes the guest's connection when the real server closes its own", async () => {
    const to = await tlsDoor(await listen(createTlsServer({ ...real.identity, keepAliveTimeout: 50 }, echo)));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closers.push(() => {
      agent.destroy();
    });
    await ask(to, { agent });
    await to.told.ends[0];
    expect(to.told.faults).toEqual([]);
    await ask(to, { agent });
    expect(to.told.dialled).toHaveLength(2);
  });

  it("carries 100 MiB each way unchanged, with little of it underway at any time", async () => {
    const size = 100 * MIB;
    const block = randomBytes(MIB);
    let underway = 0;
    let most = 0;
    const content = (): Readable =>
      Readable.from(
        (function* () {
          for (let n = 0; n < size / 65_536; n++) {
            underway += 65_536;
            most = Math.max(most, underway);
            yield block.subarray((n % 16) * 65_536, ((n % 16) + 1) * 65_536);
          }
        })(),
        { highWaterMark: 1 },
      );
    const arrived = (chunk: Buffer): Buffer => {
      underway -= chunk.length;
      return chunk;
    };
    const wanted = createHash("sha256");
    for (let n = 0; n < size / MIB; n++) wanted.update(block);
    const digest = wanted.digest("hex");
    let uploaded = "";
    const to = await tlsDoor(
      await serveTls((incoming, response) => {
        const hash = createHash("sha256");
        incoming.on("data", (chunk: Buffer) => hash.update(arrived(chunk)));
        incoming.on("end", () => {
          uploaded = hash.digest("hex");
          content().pipe(response);
        });
      }),
    );
    const outgoing = tlsRequest({
      port: to.port,
      host: "127.0.0.1",
      servername: "real.example",
      ca: authority.certificatePem,
      agent: false,
      method: "POST",
      headers: { Host: "real.example" },
    });
    const answered = once(outgoing, "response") as Promise<[IncomingMessage]>;
    await pipeline(content(), outgoing);
    const [incoming] = await answered;
    const hash = createHash("sha256");
    for await (const chunk of incoming) hash.update(arrived(chunk as Buffer));
    expect(uploaded).toBe(digest);
    expect(hash.digest("hex")).toBe(digest);
    expect(most).toBeLessThan(16 * MIB); // buffers of two sockets and of the streams between
  });

  it("explains to the guest why the real server is not believed", async () => {
    const to = await tlsDoor(await serveTls(echo), { trust: undefined });
    const got = await ask(to);
    expect(got.status).toBe(502);
    expect(got.body.toString()).toMatch(
      /^Mayfly: real\.example could not be connected: TLS with it failed: .*certificate/,
    );
    expect(to.told.statuses).toEqual([502]);
    expect(to.told.faults[0]).toMatch(/certificate/);
  });

  it("does not believe a certificate for another name", async () => {
    const to = await tlsDoor(await serveTls(echo), { target: { name: "other.example", port: 443 } });
    const outgoing = tlsRequest({
      port: to.port,
      servername: "other.example",
      ca: authority.certificatePem,
      agent: false,
      headers: { Host: "other.example" },
    });
    const got = await finish(outgoing, undefined);
    expect(got.status).toBe(502);
    expect(got.body.toString()).toContain("altnames");
  });

  it("says what a failed dial says", async () => {
    const to = await tlsDoor(1);
    expect((await ask(to)).status).toBe(502);
    expect(to.told.faults).toHaveLength(1);
  });

  it("refuses TLS for another name, and clients that only speak HTTP/2", async () => {
    const to = await tlsDoor(await serveTls(echo));
    const options = { port: to.port, host: "127.0.0.1", ca: authority.certificatePem };
    for (const more of [
      { servername: "other.example" },
      { servername: "real.example", ALPNProtocols: ["h2"] },
    ]) {
      const client = tlsConnect({ ...options, ...more });
      await expect(once(client, "secureConnect")).rejects.toThrow();
    }
    await Promise.all(to.told.ends);
    expect(to.told.dialled).toHaveLength(0);
    expect(to.told.faults).toHaveLength(2);
  });

  it("ends with a client that does not trust the task's authority, or speaks no TLS", async () => {
    const to = await tlsDoor(await serveTls(echo));
    const client = tlsConnect({ port: to.port, host: "127.0.0.1", servername: "real.example" });
    await expect(once(client, "secureConnect")).rejects.toThrow(/certificate/);
    await raw(to, "GET / HTTP/1.1\r\nHost: real.example\r\n\r\n");
    await Promise.all(to.told.ends);
    expect(to.told.dialled).toHaveLength(0);
  });

  it("works for curl", async () => {
    const to = await tlsDoor(await serveTls(echo));
    const directory = mkdtempSync(join(tmpdir(), "mayfly-ca-"));
    closers.push(() => {
      rmSync(directory, { recursive: true });
    });
    writeFileSync(join(directory, "ca.pem"), authority.certificatePem);
    const { stdout } = await promisify(execFile)("curl", [
      ...[
        "-sS",
        "--noproxy",
        "*",
        "--cacert",
        join(directory, "ca.pem"),
        "--resolve",
        `real.example:443:127.0.0.1`,
      ],
      ...[
        "--connect-to",
        `::127.0.0.1:${to.port}`,
        "-d",
        "x".repeat(2000),
        "-H",
        "Expect: 100-continue",
        "https://real.example/c",
      ],
    ]);
    expect(stdout).toBe(`POST /c ${"x".repeat(2000)}`);
    expect(to.told.tls[0]?.alpn).toEqual(["h2", "http/1.1"]);
  });

  it("passes a WebSocket", async () => {
    const server = createTlsServer(real.identity, echo);
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (socket, request) => {
      socket.send(String(request.headers["x-key"]));
      socket.on("message", (data, isBinary) => {
        socket.send(data, { binary: isBinary });
      });
    });
    const to = await tlsDoor(await listen(server), { inject: { "X-Key": "injected" } });
    const options = { servername: "real.example", ca: authority.certificatePem };
    const client = new WebSocket(`wss://127.0.0.1:${to.port}/chat`, {
      ...(options as object),
      headers: { Host: "real.example" },
    });
    const messages: Buffer[] = [];
    client.on("message", (data) => messages.push(data as Buffer));
    await once(client, "open");
    const big = randomBytes(3 * MIB);
    client.send(big);
    while (messages.length < 2) await once(client, "message");
    expect(messages[0]?.toString()).toBe("injected");
    expect(messages[1]?.equals(big)).toBe(true);
    client.close();
    await once(client, "close");
    await to.told.ends[0];
    expect(to.told.requests).toEqual([{ method: "GET", host: "real.example", path: "/chat" }]);
    expect(to.told.statuses).toEqual([101]);
  });
});

describe("inspect, plain", () => {
  it("keeps what HTTP is made of: HEAD, 204, 304, several cookies, trailers, sizes", async () => {
    const to = await plainDoor(
      await servePlain((incoming, response) => {
        if (incoming.url === "/head") response.writeHead(200, { "Content-Length": 1234 }).end();
        else if (incoming.url === "/204") response.writeHead(204).end();
        else if (incoming.url === "/304") response.writeHead(304, { ETag: "x" }).end();
        else if (incoming.url === "/cookies")
          response.writeHead(200, ["Set-Cookie", "a=1", "Set-Cookie", "b=2", "Date", "never"]).end("x");
        else if (incoming.url === "/close")
          response.writeHead(200, { Connection: "close", "Keep-Alive": "x", "X-Hop": "1" }).end("bye");
        else {
          incoming.resume().on("end", () => {
            response.writeHead(200, { Trailer: "X-Sum", "X-In": JSON.stringify(incoming.trailers) });
            response.write("a");
            response.addTrailers({ "X-Sum": "1" });
            response.end();
          });
        }
      }),
      { inject: { Authorization: SECRET } },
    );
    expect((await askPlain(to, { method: "HEAD", path: "/head" })).headers["content-length"]).toBe("1234");
    expect(await askPlain(to, { path: "/204" })).toMatchObject({ status: 204, body: Buffer.alloc(0) });
    expect(await askPlain(to, { path: "/304" })).toMatchObject({ status: 304, headers: { etag: "x" } });
    const cookies = await askPlain(to, { path: "/cookies" });
    expect(cookies.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(cookies.headers.date).toBe("never");
    expect((await askPlain(to, { path: "/close" })).headers).toMatchObject({
      connection: "close",
      "x-hop": "1",
    });
    const outgoing = httpRequest({
      port: to.port,
      agent: false,
      method: "POST",
      headers: { Host: "real.example", Trailer: "X-T" },
    });
    outgoing.write("abc");
    outgoing.addTrailers({ "X-T": "t", Authorization: "guess" });
    const got = await finish(outgoing, undefined);
    expect(got.trailers).toEqual({ "x-sum": "1" });
    expect(got.headers["x-in"]).toBe('{"x-t":"t"}');
  });

  it("waits for the real server's 100 before it asks for the body", async () => {
    const server = createServer();
    server.on("checkContinue", (incoming: IncomingMessage, response) => {
      if (incoming.url === "/no") response.writeHead(413, { Connection: "close" }).end("too much");
      else {
        response.writeContinue();
        echo(incoming, response);
      }
    });
    const to = await plainDoor(await listen(server));
    for (const [path, status] of [
      ["/yes", 200],
      ["/no", 413],
    ] as const) {
      const outgoing = httpRequest({
        port: to.port,
        agent: false,
        method: "PUT",
        path,
        headers: { Host: "real.example", Expect: "100-continue", "Content-Length": 3 },
      });
      outgoing.flushHeaders();
      let continued = false;
      outgoing.on("continue", () => {
        continued = true;
        outgoing.end("abc");
      });
      outgoing.on("error", () => undefined);
      const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
      expect(incoming.statusCode).toBe(status);
      expect(continued).toBe(status === 200);
      outgoing.destroy();
    }
  });

  it("drops hop-by-hop headers, and what Connection names, but not what frames a message", async () => {
    const to = await plainDoor(await servePlain(echo), { inject: { "X-Api-Key": SECRET } });
    const again = await askPlain(to, {
      method: "POST",
      headers: {
        Connection: "close, X-Drop, content-length, x-api-key",
        "X-Drop": "1",
        "Keep-Alive": "5",
        TE: "gzip",
        "Proxy-Authorization": "x",
      },
      body: Buffer.from("abc"),
    });
    const names = seen(again)
      .filter((_, at) => at % 2 === 0)
      .map((name) => name.toLowerCase());
    expect(names.sort()).toEqual(["connection", "content-length", "host", "x-api-key"]);
    expect(again.body.toString()).toBe("POST / abc");
  });

  it.each<[string, string, number]>([
    ["another host", "GET / HTTP/1.1\r\nHost: other.example\r\n\r\n", 421],
    ["another port", "GET / HTTP/1.1\r\nHost: real.example:81\r\n\r\n", 421],
    ["another host in the target", "GET http://other.example/ HTTP/1.1\r\nHost: real.example\r\n\r\n", 421],
    [
      "another host beside the target",
      "GET http://real.example/ HTTP/1.1\r\nHost: other.example\r\n\r\n",
      421,
    ],
    ["another scheme", "GET https://real.example/ HTTP/1.1\r\nHost: real.example\r\n\r\n", 421],
    [
      "a user in the target",
      "GET http://real.example@other.example/ HTTP/1.1\r\nHost: real.example\r\n\r\n",
      421,
    ],
    ["two Hosts", "GET / HTTP/1.1\r\nHost: real.example\r\nHost: real.example\r\n\r\n", 400],
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
    ["no Host beside the target", "GET http://real.example/ HTTP/1.1\r\n\r\n", 400],
    ["an upgrade without Host", "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 400],
    [
      "an unknown expectation",
      "PUT / HTTP/1.1\r\nHost: real.example\r\nExpect: tea\r\nContent-Length: 0\r\n\r\n",
      417,
    ],
    [
      "an unknown expectation beside a known one",
      "PUT / HTTP/1.1\r\nHost: real.example\r\nExpect: 100-continue, tea\r\nContent-Length: 0\r\n\r\n",
      417,
    ],
    ["a line that is none", "GET  / /\r\nHost: real.example\r\n\r\n", 400],
    ["another version", "GET / HTTP/1.2\r\nHost: real.example\r\n\r\n", 400],
    ["a method that is none", "FETCH / HTTP/1.1\r\nHost: real.example\r\n\r\n", 400],
    [
      "both lengths",
      "POST / HTTP/1.1\r\nHost: real.example\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nHost: real.example\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
      400,
    ],
    [
      "another coding",
      "POST / HTTP/1.1\r\nHost: real.example\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      501,
    ],
    [
      "a hidden coding",
      "POST / HTTP/1.1\r\nHost: real.example\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a folded header", "GET / HTTP/1.1\r\nHost: real.example\r\nA: b\r\n c\r\n\r\n", 400],
    ["a lone LF", "GET / HTTP/1.1\nHost: real.example\n\n", 400],
    ["TRACE", "TRACE / HTTP/1.1\r\nHost: real.example\r\n\r\n", 405],
    ["CONNECT", "CONNECT real.example:80 HTTP/1.1\r\nHost: real.example:80\r\n\r\n", 405],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    [
      "an upgrade to h2c",
      "GET / HTTP/1.1\r\nHost: real.example\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
      501,
    ],
    ["40 KiB of headers", `GET / HTTP/1.1\r\nHost: real.example\r\nA: ${"a".repeat(40_000)}\r\n\r\n`, 431],
    ["nonsense", "\0\x01\x02\r\n\r\n", 400],
  ])("refuses %s, and the real server hears nothing", async (_what, text, status) => {
    let heard = 0;
    const to = await plainDoor(
      await servePlain((incoming, response) => {
        heard++;
        echo(incoming, response);
      }),
      { inject: { Authorization: SECRET } },
    );
    const answer = await raw(to, `${text}GET /second HTTP/1.1\r\nHost: real.example\r\n\r\n`);
    expect(answer.split("\r\n")[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(answer).not.toContain(SECRET);
    expect(heard).toBe(0);
    expect(to.told.faults).toHaveLength(1);
    await Promise.all(to.told.ends);
    expect(to.told.requests).toHaveLength(1);
    expect(to.told.statuses).toEqual([status]);
  });

  it("answers pipelined requests in their order, and a client that has ended its side", async () => {
    const to = await plainDoor(await servePlain(echo));
    const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: real.example\r\n\r\n`;
    const answer = await raw(to, get("/1") + get("/2") + get("http://real.example:80/3"));
    expect(answer.match(/GET \/\d/g)).toEqual(["GET /1", "GET /2", "GET /3"]);
    expect(to.told.dialled).toHaveLength(1);
  });

  it.each([
    ["Content-Length", (body: string) => `Content-Length: ${body.length}\r\n\r\n${body}`],
    [
      "Transfer-Encoding",
      (body: string) =>
        `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ],
  ])("hides no second request behind a %s that 1,000 headers come before", async (_what, framed) => {
    const asked: string[] = [];
    const real = await servePlain((request, response) => {
      asked.push(request.url ?? "");
      request.resume().on("end", () => response.end("ok"));
    });
    const to = await plainDoor(real, { inject: { "X-Api-Key": SECRET } });
    const hidden = "POST /log HTTP/1.1\r\nHost: real.example\r\nContent-Length: 200\r\n\r\n";
    const head = `GET /1 HTTP/1.1\r\nHost: real.example\r\nConnection: close\r\n${"a:b\r\n".repeat(1_100)}`;
    await raw(to, head + framed(hidden));
    expect(asked).toEqual(["/1"]);
  });

  it("serves HTTP/1.0", async () => {
    const to = await plainDoor(
      await servePlain((_incoming, response) => {
        response.write("one ");
        response.end("two");
      }),
    );
    const answer = await raw(to, "GET / HTTP/1.0\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\none two$/);
    expect(answer.toLowerCase()).not.toContain("chunked");
  });

  it("ends a connection that pipelines without measure", async () => {
    const to = await plainDoor(await servePlain(() => undefined));
    await raw(to, "GET / HTTP/1.1\r\nHost: real.example\r\n\r\n".repeat(1000));
    await Promise.all(to.told.ends);
    expect(to.told.faults[0]).toBe("more than 64 requests wait for their answers");
  });

  it("tells of 1,000 requests and serves more", async () => {
    const to = await plainDoor(await servePlain(echo));
    const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
    closers.push(() => {
      agent.destroy();
    });
    for (let n = 0; n < 1010; n++) {
      const outgoing = httpRequest({ port: to.port, agent, headers: { Host: "real.example" } });
      expect((await finish(outgoing, undefined)).status).toBe(200);
    }
    expect(to.told.requests).toHaveLength(1000);
    expect(to.told.statuses).toHaveLength(1000);
  }, 60_000);

  it("ends a connection on which no request comes, and tells", async () => {
    const to = await plainDoor(await servePlain(echo), { headTimeout: 50 });
    const socket = connect({ port: to.port, host: "127.0.0.1" });
    await once(socket.resume(), "close");
    await Promise.all(to.told.ends);
    expect(to.told).toMatchObject({ requests: [], faults: ["no request came in time"], dialled: [] });
  });

  it.each([
    ["the first", ""],
    ["a later", "GET /1 HTTP/1.1\r\nHost: real.example\r\n\r\n"],
  ])("answers 408 where %s request has no end, and tells", async (_which, before) => {
    const to = await plainDoor(await servePlain(echo), { headTimeout: 300 });
    const socket = connect({ port: to.port, host: "127.0.0.1" });
    let answers = "";
    socket.on("data", (chunk) => (answers += chunk.toString("latin1")));
    if (before !== "") {
      socket.write(before);
      while (!answers.includes("GET /1")) await once(socket, "data");
    }
    socket.write("GET / HTTP/1.1\r\nHost: re");
    await once(socket, "close");
    await Promise.all(to.told.ends);
    expect(answers.match(/HTTP\/1\.1 \d+/g)?.at(-1)).toBe("HTTP/1.1 408");
    expect(to.told.statuses).toEqual(before === "" ? [408] : [200, 408]);
    expect(to.told.requests.at(-1)).toEqual({ method: "", host: undefined, path: "" });
    expect(to.told.faults).toEqual(["a request's head did not come to its end in time"]);
  });

  it("lets an idle connection go without a word", async () => {
    const to = await plainDoor(await servePlain(echo), { headTimeout: 100 });
    const socket = connect({ port: to.port, host: "127.0.0.1" });
    socket.write("POST / HTTP/1.1\r\nHost: real.example\r\nContent-Length: 3\r\n\r\nabc");
    await once(socket.resume(), "close");
    await Promise.all(to.told.ends);
    expect(to.told).toMatchObject({ statuses: [200], faults: [] });
  });

  it("refuses to inject what frames or routes a message, without naming its value", async () => {
    for (const inject of [
      { Host: "a" },
      { "Content-Length": "5" },
      { "A b": "c" },
      { A: "b\r\nC: d" },
      { Connection: "x" },
    ]) {
      const to = await plainDoor(1, { inject });
      await raw(to, "GET / HTTP/1.1\r\n\r\n");
      await expect(to.told.ends[0]).rejects.toMatchObject({ code: "E_USAGE" });
    }
  });
});

describe("inspect, when something breaks", () => {
  it("gives up the real server's transfer when the guest goes away", async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const to = await tlsDoor(
      await serveTls((_incoming, response) => {
        closed = once(response, "close");
        new Readable({
          read() {
            this.push(Buffer.alloc(65_536));
          },
        }).pipe(response);
      }),
    );
    const outgoing = tlsRequest({
      port: to.port,
      servername: "real.example",
      ca: authority.certificatePem,
      agent: false,
      headers: { Host: "real.example" },
    });
    outgoing.on("error", () => undefined);
    outgoing.end();
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    incoming.on("error", () => undefined);
    await once(incoming, "data");
    outgoing.destroy();
    await closed;
    await Promise.all(to.told.ends);
    expect(to.told.dialled.every((one) => one.destroyed)).toBe(true);
  });

  it.each(["tls", "plain"] as const)(
    "breaks the guest's transfer where the real server breaks its own (%s)",
    async (kind) => {
      const listener: RequestListener = (_incoming, response) => {
        response.writeHead(200, { "Content-Length": 1000 });
        response.write("abc", () => response.socket?.destroy());
      };
      const to =
        kind === "tls"
          ? await tlsDoor(await serveTls(listener))
          : await plainDoor(await servePlain(listener));
      await expect(kind === "tls" ? ask(to) : askPlain(to)).rejects.toThrow();
      await Promise.all(to.told.ends);
    },
  );

  it("answers 502 where the real server closes without an answer", async () => {
    const to = await plainDoor(
      await servePlain((incoming) => {
        incoming.socket.destroy();
      }),
    );
    expect((await askPlain(to)).status).toBe(502);
    expect(to.told.faults).toEqual(["the real server closed the connection without an answer"]);
  });

  it("passes an answer that comes before the request is whole", async () => {
    const to = await plainDoor(
      await servePlain((incoming, response) => {
        response.writeHead(413, { Connection: "close" });
        response.end("too much", () => {
          incoming.socket.destroySoon();
        });
      }),
    );
    const outgoing = httpRequest({
      port: to.port,
      agent: false,
      method: "POST",
      headers: { Host: "real.example" },
    });
    outgoing.on("error", () => undefined);
    outgoing.write(Buffer.alloc(100_000));
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    expect(incoming.statusCode).toBe(413);
    outgoing.destroy();
    await Promise.all(to.told.ends);
  });

  it("holds little for a guest that does not read", async () => {
    let sent = 0;
    const to = await tlsDoor(
      await serveTls((_incoming, response) => {
        const endless = new Readable({
          read() {
            sent += 65_536;
            this.push(Buffer.alloc(65_536));
          },
        });
        endless.pipe(response);
      }),
    );
    const options = { port: to.port, host: "127.0.0.1", servername: "real.example" };
    const client = tlsConnect({ ...options, ca: authority.certificatePem });
    client.on("error", () => undefined);
    client.pause();
    client.write("GET / HTTP/1.1\r\nHost: real.example\r\n\r\n");
    while (sent === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(sent).toBeLessThan(32 * MIB); // two pairs of socket buffers, and streams' own
    client.destroy();
    await Promise.all(to.told.ends);
  });

  it("survives any bytes after a good request, plain", async () => {
    const to = await plainDoor(await servePlain(echo));
    for (let n = 0; n < 200; n++) {
      await raw(
        to,
        `GET / HTTP/1.1\r\nHost: real.example\r\n\r\n${randomBytes(1 + (n % 90)).toString("latin1")}`,
      );
    }
    await Promise.all(to.told.ends);
    expect((await askPlain(to)).status).toBe(200);
  });
});
