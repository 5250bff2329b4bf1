import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Mayfly, type CaptureRequest, type OpenResult } from "../../src/index.ts";
import { publicAuthority } from "../egress/inspected.ts";
import { DnsServer } from "../support/dns-server.ts";

const HOST = "site.example.org";
/** Has a certificate of an authority that nobody knows. */
const UNKNOWN = "real.example";
const HTML = { "content-type": "text/html; charset=utf-8" };
/** What the site shows; `SCRIPT` stands for what only a script writes. */
const PAGES: Readonly<Record<string, string>> = {
  "/": `<!doctype html><title>Shop</title><body style="margin:0;background:#0000ff">
    <h1 style="color:#fff">Shop</h1><form><input value="typed"><button>Buy</button></form><p id=p></p>
    <script>document.getElementById("p").textContent = ["written", "by", "a", "script"].join(" ");</script>
    <p>\u202ebackwards</p>`,
  "/tall": `<!doctype html><body style="margin:0"><h1>Tall</h1><div style="width:10000px;height:60000px">x</div>`,
  "/endless": `<!doctype html><h1>Words before</h1><script>for(;;);</script>`,
  "/windows": `<!doctype html><h1>Many</h1><script>alert(1);for(let i=0;i<1000;i++)window.open("/");
    document.body.append("afterwards")</script>`,
};

let server: Server;
let port: number;
let dns: DnsServer;
let mayfly: Mayfly;
let out: string;

const site: RequestListener = ({ url = "" }, response) => {
  const page = PAGES[url];
  if (url === "/moved") response.writeHead(302, { location: "/" }).end();
  else if (url === "/file") response.writeHead(200, { "content-disposition": "attachment" }).end("x");
  else if (page === undefined) response.writeHead(404, HTML).end("<h1>Not here</h1>");
  else response.writeHead(200, HTML).end(page);
};

beforeAll(async () => {
  server = createServer(site).listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
  dns = await DnsServer.start({ [HOST]: ["127.0.0.1"], [UNKNOWN]: ["127.0.0.1"] });
  mayfly = await Mayfly.open({ dns: [dns.address] });
  await mayfly.prepare("browser");
}, 3_600_000);
afterAll(async () => {
  await mayfly.close();
  server.closeAllConnections();
  server.close();
  dns.close();
});
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "mayfly-capture-"));
});
afterEach(() => {
  rmSync(out, { recursive: true });
});

/** Captures a page of the site, which the policy lets it reach. */
async function capture(path: string, more: CaptureRequest = {}): Promise<OpenResult> {
  const network = { allow: [`${HOST}:${port}`], private: [`127.0.0.1:${port}`] };
  return await mayfly.capture(`http://${HOST}:${port}${path}`, {
    out,
    wait: 600_000,
    limits: { timeMs: 3_000_000 },
    policy: { network },
    ...more,
  });
}

function codes({ warnings }: OpenResult): string[] {
  return warnings.map(({ code }) => code).filter((code) => code !== "unmarked");
}

describe("Mayfly.capture", { timeout: 3_600_000 }, () => {
  it("makes a picture, a PDF and the text of a page, and nothing of it stays", async () => {
    const result = await capture("/moved");
    expect(result.outcome).toEqual({ kind: "converted" });
    expect(readdirSync(out).sort()).toEqual([`${HOST}.safe.pdf`, `${HOST}.safe.png`, `${HOST}.safe.txt`]);
    const text = readFileSync(join(out, `${HOST}.safe.txt`), "utf8");
    expect(text).toContain("Shop");
    expect(text).toContain("written by a script");
    expect(text).toContain("\\u{202e}backwards");
    const { data, info } = await sharp(join(out, `${HOST}.safe.png`))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([1280, 800]);
    expect([...data.subarray(data.length - 3)]).toEqual([0, 0, 255]);
    expect(result.report?.disposal.complete).toBe(true);
    expect(new Set(result.report?.network.streams.map(({ target }) => target.host))).toEqual(new Set([HOST]));
  });

  it("shows the first part of a page that is too large, and names the limits", async () => {
    const result = await capture("/tall", { as: "png" });
    expect(codes(result)).toEqual(["page-cut"]);
    const { width, height } = await sharp(join(out, `${HOST}.safe.png`)).metadata();
    expect([width, height]).toEqual([4096, 8789]);
  });

  it("ends a script without end, and shows what there was", async () => {
    const result = await capture("/endless", { as: "text", wait: 30_000 });
    expect([result.outcome.kind, codes(result)]).toEqual(["converted", ["page-slow"]]);
    expect(readFileSync(join(out, `${HOST}.safe.txt`), "utf8")).toContain("Words before");
  });

  it("opens no windows and answers no dialogs", async () => {
    const result = await capture("/windows", { as: "text" });
    expect(result.outcome).toEqual({ kind: "converted" });
    expect(readFileSync(join(out, `${HOST}.safe.txt`), "utf8")).toContain("afterwards");
  });

  it("tells what a server answers where that is no page", async () => {
    expect(codes(await capture("/nowhere", { as: "text" }))).toEqual(["http-status"]);
    expect((await capture("/file", { as: "text", force: true })).outcome).toMatchObject({
      kind: "failed",
      code: "E_DOCUMENT_KIND",
    });
  });

  it.each([
    ["a name that there is not", { host: "nowhere.example.org", allow: "web" }],
    ["a private address", { host: "10.1.2.3", allow: "web" }],
    ["a name that the policy does not allow", { host: "other.example.org", allow: HOST }],
  ])("tells why %s cannot be reached", async (_what, { host, allow }) => {
    const policy = { network: { allow: [allow] } };
    const { outcome } = await mayfly.capture(`http://${host}/`, { out, policy });
    expect(outcome).toMatchObject({ kind: "failed", code: "E_PAGE_UNREACHABLE" });
    expect(outcome.kind === "failed" && outcome.message).toContain(host);
    expect(readdirSync(out)).toEqual([]);
  });

  it("does not believe a certificate of nobody's, though it overlooked one while it was warmed up", async () => {
    const { identity } = await publicAuthority();
    const secure = createTlsServer(identity, site).listen(0, "127.0.0.1");
    await once(secure, "listening");
    const place = `:${(secure.address() as AddressInfo).port}`;
    const network = { allow: [`${UNKNOWN}${place}`], private: [`127.0.0.1${place}`] };
    try {
      const { outcome } = await mayfly.capture(`https://${UNKNOWN}${place}/`, { out, policy: { network } });
      expect(outcome).toMatchObject({ kind: "failed", code: "E_PAGE_UNREACHABLE" });
      expect(outcome.kind === "failed" && outcome.message).toContain("CERT");
    } finally {
      secure.close();
    }
  });
});
