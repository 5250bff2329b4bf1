import { mkdtempSync, rmSync, statSync, chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { request, type IncomingHttpHeaders, type RequestOptions } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { LoopbackServer } from "./index.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let directory: string;
let server: LoopbackServer;
let cookie: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "loopback-"));
  mkdirSync(join(directory, "view"));
  mkdirSync(join(directory, "assets"));
  writeFileSync(join(directory, "view", "index.html"), "<!doctype html><title>view</title>");
  writeFileSync(join(directory, "assets", "a-1.js"), "export {};");
  writeFileSync(join(directory, "secret.html"), "not served");
  server = await open();
  cookie = await enter(server);
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

describe("a server on loopback", () => {
  it("lets a browser in by a link, once, and leaves no token in the address", async () => {
    const link = server.link("/view/");
    const entered = await ask(link);
    expect(entered.status).toBe(303);
    expect(entered.headers.location).toBe(`${server.base}view/`);
    expect(entered.headers["set-cookie"]?.[0]).toMatch(
      /^mayfly-\d+=[\w-]{43}; Path=\/[\w-]{16}\/; HttpOnly; SameSite=Strict$/,
    );
    const again = await ask(link, { headers: { accept: "text/html" } });
    expect(again.status).toBe(403);
    expect(again.body).toContain("not good any more");
    expect(again.body).toContain("Do this instead.");
    expect(again.headers["set-cookie"]).toBeUndefined();
    expect((await ask(link, { headers: { cookie } })).status).toBe(303); // the same browser may click twice
  });

  it("lets a browser in that follows a link from elsewhere, by a page of ours", async () => {
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    const entered = await ask(server.link("/view/"), { headers });
    expect(entered.status).toBe(200);
    expect(entered.body).toContain(`url=${server.base}view/`);
    expect(entered.headers["set-cookie"]).toHaveLength(1);
  });

  it("shows nothing without a cookie of this very server", async () => {
    await using other = await open();
    const foreign = (await enter(other)).replace(/^mayfly-\d+/, cookie.split("=")[0] ?? "");
    for (const given of [undefined, "", foreign, `${cookie}x`, cookie.slice(0, -1)]) {
      for (const path of ["hello", "view/", "assets/a-1.js", "nothing", "enter", "../hello"]) {
        const { status, body } = await ask(address(path), {
          headers: given === undefined ? {} : { cookie: given },
        });
        expect([status, body.includes("E_ACCESS")], path).toEqual([403, true]);
      }
    }
    expect((await ask(`${server.origin ?? ""}/`, { headers: { cookie } })).status).toBe(404);
  });

  it("guesses no path besides what is built", async () => {
    for (const path of ["view/../secret.html", "secret.html", "view/%2e%2e/secret.html", "assets/"]) {
      expect((await ask(address(path), { headers: { cookie } })).status, path).toBe(404);
    }
    const page = await ask(address("view/"), { headers: { cookie } });
    expect(page.body).toContain("<title>view</title>");
    expect((await ask(address("assets/a-1.js"), { headers: { cookie } })).headers["content-type"]).toContain(
      "javascript",
    );
  });

  it("refuses a name that was made to point here", async () => {
    const { port } = new URL(server.origin ?? "");
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      `127.0.0.1`,
      "127.0.0.1:1",
      `127.0.0.1.nip.io:${port}`,
      `localhost.:${port}`,
      `LOCALHOST:${port}x`,
    ]) {
      const { status } = await ask(address("hello"), { headers: { cookie, host } });
      expect([400, 403], host).toContain(status);
    }
    for (const host of [`localhost:${port}`, `[::1]:${port}`])
      expect((await ask(address("hello"), { headers: { cookie, host } })).status, host).toBe(200);
  });

  it("refuses what a page of another origin asks, with whatever cookie", async () => {
    const { port } = new URL(server.origin ?? "");
    const foreign = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: `http://localhost:${port}` }, // not the one that was asked
      { origin: `http://127.0.0.1:${Number(port) + 1}` },
      { origin: `https://127.0.0.1:${port}` },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" }, // another port of this machine
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
    ];
    for (const headers of foreign) {
      for (const method of ["GET", "POST"]) {
        const { status } = await ask(address("hello"), { method, headers: { cookie, ...headers } });
        expect(status, JSON.stringify({ method, ...headers })).toBe(403);
      }
      expect(
        await upgrade({ cookie, origin: server.origin ?? "", ...headers }),
        JSON.stringify(headers),
      ).toBe(403);
    }
    expect((await ask(address("hello"), { method: "POST", headers: { cookie } })).status).toBe(403);
    expect(posts).toBe(0);
    const own = { cookie, origin: server.origin ?? "", "sec-fetch-site": "same-origin" };
    expect((await ask(address("hello"), { method: "POST", headers: own })).status).toBe(200);
    expect(posts).toBe(1);
  });

  it("speaks WebSocket with its own page only, and ends one that sends too much", async () => {
    expect(await upgrade({ cookie })).toBe(403); // no Origin
    expect(await upgrade({ origin: server.origin ?? "" })).toBe(403); // no cookie
    const socket = new WebSocket(address("echo").replace("http", "ws"), {
      headers: { cookie, origin: server.origin ?? "" },
    });
    const echoed = await new Promise<string>((resolve, reject) => {
      socket
        .once("open", () => {
          socket.send("hello");
        })
        .once("error", reject);
      socket.once("message", (data: Buffer) => {
        resolve(data.toString());
      });
    });
    expect(echoed).toBe("hello");
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    socket.send(Buffer.alloc(70_000));
    expect(await closed).not.toBe(1000);
  });

  it("forbids pages whatever they do not need", async () => {
    for (const headers of [{ cookie }, {}] as Record<string, string>[]) {
      const { headers: given } = await ask(address("view/"), { headers });
      expect(given["content-security-policy"]).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
      expect(given["content-security-policy"]).not.toContain("unsafe");
      expect(given).toMatchObject({
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
      });
      expect(given["access-control-allow-origin"]).toBeUndefined();
    }
  });

  it("bounds a request's body and head, and says which limit", async () => {
    const own = { cookie, origin: server.origin ?? "" };
    const large = await ask(
      address("hello"),
      { method: "POST", headers: { ...own, "content-type": "text/plain" } },
      "x".repeat(3000),
    );
    expect([large.status, JSON.parse(large.body)]).toMatchObject([
      413,
      { error: { code: "E_INPUT_TOO_LARGE" } },
    ]);
    expect((await ask(address("hello"), { headers: { ...own, x: "x".repeat(20_000) } })).status).toBe(431);
  });

  it("tells a failure with its code and what to do", async () => {
    const { status, body } = await ask(address("fail"), { headers: { cookie } });
    expect([status, JSON.parse(body)]).toMatchObject([
      500,
      { error: { code: "E_INTERNAL", next: expect.any(String) as string } },
    ]);
  });
});

describe("a server on a unix socket", () => {
  it("is its user's alone, needs no cookie, and leaves no file", async () => {
    const socket = join(directory, "run", "mayfly.sock");
    const own = await LoopbackServer.open({ address: { socket }, advice: "", routes });
    expect([statSync(join(directory, "run")).mode & 0o777, statSync(socket).mode & 0o777]).toEqual([
      0o700, 0o600,
    ]);
    expect((await ask("http://mayfly/hello", { socketPath: socket })).body).toBe("hello");
    expect(() => own.link("/")).toThrow(expect.objectContaining({ code: "E_USAGE" }) as Error);
    await own.close();
    expect(statSync(socket, { throwIfNoEntry: false })).toBeUndefined();
  });

  it("does not listen where others could", async () => {
    chmodSync(directory, 0o755);
    const opening = LoopbackServer.open({
      address: { socket: join(directory, "mayfly.sock") },
      advice: "",
      routes,
    });
    await expect(opening).rejects.toMatchObject({ code: "E_ACCESS" });
    const long = LoopbackServer.open({
      address: { socket: join(directory, "x".repeat(200)) },
      advice: "",
      routes,
    });
    await expect(long).rejects.toMatchObject({ code: "E_USAGE" });
  });
});

it("names a port that is taken", async () => {
  const port = Number(new URL(server.origin ?? "").port);
  await expect(LoopbackServer.open({ address: { port }, advice: "", routes })).rejects.toMatchObject({
    code: "E_IN_USE",
  });
});

let posts = 0;

const routes: Parameters<typeof LoopbackServer.open>[0]["routes"] = (app) => {
  posts = 0;
  app.get("/hello", () => "hello");
  app.get("/fail", () => {
    throw new TypeError("broken");
  });
  app.post("/hello", () => {
    posts += 1;
    return "done";
  });
  app.get("/echo", { websocket: true }, (socket) => {
    socket.on("message", (data: Buffer) => {
      socket.send(data);
    });
  });
};

async function open(): Promise<LoopbackServer> {
  return await LoopbackServer.open({
    advice: "Do this instead.",
    routes,
    pages: { directory, names: ["view"] },
    bodyBytes: 2048,
    messageBytes: 65_536,
  });
}

async function enter(into: LoopbackServer): Promise<string> {
  const { headers } = await ask(into.link("/"));
  return headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
}

function address(path: string): string {
  return `${server.origin ?? ""}${server.base}${path}`;
}

/** By hand, as `fetch` would not let a test lie about where it comes from. */
async function ask(url: string, options: RequestOptions = {}, body?: string): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    asked.on("error", reject).end(body);
  });
}

/** @returns the status by which a WebSocket is refused, 101 where it is not */
async function upgrade(headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(address("echo").replace("http", "ws"), { headers });
  return await new Promise((resolve, reject) => {
    socket.on("unexpected-response", (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on("open", () => {
      resolve(101);
      socket.terminate();
    });
    socket.on("error", reject);
  });
}
