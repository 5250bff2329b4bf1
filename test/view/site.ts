import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { TaskPolicy } from "../../src/contract/index.ts";
import { DnsServer } from "../support/dns-server.ts";

/** The site that is asked for, and another one. Both are this machine. */
export const SITE = "shop.example.org";
export const OTHER = "bank.example.net";

const HTML = { "content-type": "text/html; charset=utf-8" };
const BIG = "font:32px sans-serif;margin:24px";

/** A page whose parts are where tests click: 1000 pixels wide, each part 80 pixels below the one before. */
function page(title: string, ...parts: readonly string[]): string {
  const rows = parts.map((part) => `<div style="height:80px">${part}</div>`).join("");
  return `<!doctype html><title>${title}</title><body style="${BIG}"><div style="height:80px">${title}</div>${rows}`;
}

const FIELD = `style="${BIG};margin:0;width:600px"`;
/** Says on the screen that keys would go into the field: under emulation they may overtake the click before them. */
const FOCUSED = "<style>input:focus + b::after { content: ' TYPE' }</style>";

function shop(other: string): string {
  return page(
    "Welcome SHOP",
    `${FOCUSED}<form method=post action=/order><input name=what autofocus ${FIELD}><b></b></form>`,
    `<button ${FIELD} onclick="this.textContent='SCRIPT '+(6*7)">Count</button>`,
    `<a href=/letter.txt download>The whole letter</a>`,
    `<button ${FIELD} onclick="print();this.textContent='PRINTED'">Paper</button>`,
    `<a href="${other}">Elsewhere</a>`,
    `<button ${FIELD} onclick="for(let i=0;i<1000;i++)open('/small');this.textContent='OPENED'">Windows</button>`,
  );
}

/** Two sites on this machine's loopback, and a name server that knows them. */
export class Sites implements Disposable {
  readonly port: number;
  readonly orders: string[] = [];
  /** What each order, and each visit of the shop's first page, brought: it gives one to everybody. */
  readonly cookies: Record<"order" | "visit", (string | undefined)[]> = { order: [], visit: [] };
  /** How often the letter was asked for. */
  letters = 0;
  readonly #server: Server;
  readonly #dns: DnsServer;

  private constructor(server: Server, dns: DnsServer) {
    this.#server = server;
    this.#dns = dns;
    this.port = (server.address() as AddressInfo).port;
    server.on("request", (request, response) => {
      void this.#answer(request, response);
    });
  }

  static async open(): Promise<Sites> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Sites(server, await DnsServer.start({ [SITE]: ["127.0.0.1"], [OTHER]: ["127.0.0.1"] }));
  }

  get dns(): readonly string[] {
    return [this.#dns.address];
  }

  get url(): string {
    return `http://${SITE}:${this.port}/`;
  }

  /** What lets a guest reach both, and nothing else. */
  get network(): TaskPolicy["network"] {
    return {
      allow: [`${SITE}:${this.port}`, `${OTHER}:${this.port}`],
      private: [`127.0.0.1:${this.port}`],
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = "", headers } = request;
    if (url === "/order") {
      const order = new URLSearchParams(await text(request)).get("what") ?? "";
      this.orders.push(order);
      this.cookies.order.push(headers.cookie);
      response.writeHead(200, HTML).end(page(`Ordered ${order.length} LETTERS`, "Thank you"));
    } else if (url === "/letter.txt") {
      this.letters++;
      response.writeHead(200).end("A letter with the word ZEBRA in it.\n");
    } else if (url === "/small") response.writeHead(200, HTML).end(page("Small"));
    else if (headers.host?.startsWith(OTHER) === true)
      response.writeHead(200, HTML).end(page("Welcome BANK", "Elsewhere"));
    else {
      if (url === "/") this.cookies.visit.push(headers.cookie);
      const cookie = { "set-cookie": "met=before; Max-Age=86400" };
      response.writeHead(200, { ...HTML, ...cookie }).end(shop(`http://${OTHER}:${this.port}/`));
    }
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections();
    this.#server.close();
    this.#dns.close();
  }
}
