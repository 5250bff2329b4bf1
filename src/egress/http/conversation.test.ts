import { createServer } from "node:http";
import { Duplex } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuzzRuns } from "../../../test/support/agent-arbitraries.ts";
import { HttpConversation } from "./index.ts";

interface Found {
  readonly requests: { method: string; path: string; host: string | undefined; status?: number }[];
  /** How many requests were found before it was said that others may not be, and why. */
  lost: [count: number, why: string] | undefined;
}

/** `>` from the guest, `<` from the server. */
type Passing = readonly (readonly [way: ">" | "<", text: string | Uint8Array])[];

function follow(passing: Passing, most = Infinity): Found {
  const found: Found = { requests: [], lost: undefined };
  const conversation = new HttpConversation({
    onRequest: (number, { method, path, host }) => {
      expect(number).toBe(found.requests.length);
      if (number >= most) return false;
      found.requests.push({ method, path, host });
      return true;
    },
    onStatus: (number, status) => {
      const request = found.requests[number];
      expect(request?.status, "a status comes once").toBeUndefined();
      if (request !== undefined) request.status = status;
    },
    onLost: (...lost) => {
      expect(found.lost, "a loss is told once").toBeUndefined();
      found.lost = lost;
    },
  });
  for (const [way, text] of passing) {
    const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : text;
    if (way === ">") conversation.out(bytes);
    else conversation.in(bytes);
  }
  return found;
}

const told = ({ requests }: Found): string[] =>
  requests.map(({ method, path, status }) => `${method} ${path}${status === undefined ? "" : ` ${status}`}`);
const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const post = (path: string, headers: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n${body}`;
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("a conversation in plain text", () => {
  it.each<[string, Passing, string[]]>([
    [
      "requests by turns",
      [
        [">", get("/1")],
        ["<", OK],
        [">", get("/2")],
        ["<", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"],
      ],
      ["GET /1 200", "GET /2 404"],
    ],
    [
      "pipelined requests",
      [
        [">", get("/1") + get("/2") + get("/3")],
        ["<", OK + OK],
      ],
      ["GET /1 200", "GET /2 200", "GET /3"],
    ],
    [
      "bodies of a length, that look like requests",
      [[">", post("/1", "Content-Length: 36", get("/inside") + "abc") + get("/2")]],
      ["POST /1", "GET /2"],
    ],
    [
      "chunked bodies, with extensions and trailers",
      [
        [
          ">",
          post(
            "/1",
            "Transfer-Encoding: chunked",
            `21\r\n${get("/inside")}\r\n3;a="b"\r\nabc\r\n0\r\nX: y\r\n\r\n`,
          ),
        ],
        [">", get("/2")],
      ],
      ["POST /1", "GET /2"],
    ],
    [
      "answers without a body, interim and chunked ones",
      [
        [">", "HEAD /1 HTTP/1.1\r\nHost: a\r\n\r\n" + get("/2") + get("/3") + get("/4") + get("/5")],
        ["<", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"],
        ["<", "HTTP/1.1 204 No\r\n\r\nHTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n"],
        [
          "<",
          "HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nHT\r\n0\r\n\r\n",
        ],
        ["<", "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 500 body\r\n\r\n"],
      ],
      ["HEAD /1 200", "GET /2 204", "GET /3 304", "GET /4 200", "GET /5 200"],
    ],
    [
      "empty lines between requests",
      [[">", "\r\n" + get("/1") + "\r\n\r\n" + get("/2")]],
      ["GET /1", "GET /2"],
    ],
    [
      "a body that waits to be wanted",
      [
        [">", post("/1", "Content-Length: 3\r\nExpect: 100-continue", "")],
        ["<", "HTTP/1.1 100 Continue\r\n\r\n"],
        [">", "abc" + get("/2")],
        ["<", OK],
      ],
      ["POST /1 200", "GET /2"],
    ],
    [
      "an upgrade that the server does not take up",
      [
        [">", get("/1", "Connection: Upgrade\r\nUpgrade: h2c\r\n")],
        ["<", OK],
        [">", get("/2")],
        ["<", OK],
      ],
      ["GET /1 200", "GET /2 200"],
    ],
    [
      "a tunnel that the server refuses",
      [
        [">", "CONNECT b:443 HTTP/1.1\r\nHost: b\r\n\r\n"],
        ["<", "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n"],
        [">", get("/2")],
      ],
      ["CONNECT  405", "GET /2"],
    ],
    [
      "what is not HTTP",
      [
        [">", "SSH-2.0-OpenSSH_9.2\r\n"],
        [">", get("/1")],
        ["<", OK],
      ],
      [],
    ],
  ])("finds %s", (_what, passing, expected) => {
    const found = follow(passing);
    expect(told(found)).toEqual(expected);
    expect(found.lost).toBeUndefined();
  });

  const changing = get("/1", "Connection: Upgrade\r\nUpgrade: websocket\r\n");
  it.each<[string, Passing, number, RegExp]>([
    [
      "a WebSocket",
      [
        [">", changing],
        ["<", "HTTP/1.1 101 Yes\r\n\r\n"],
        [">", get("/2")],
      ],
      1,
      /became another protocol/,
    ],
    [
      "an upgrade that is not answered yet",
      [[">", changing + get("/2")]],
      1,
      /how it is answered is not known/,
    ],
    [
      "a tunnel",
      [
        [">", "CONNECT b:1 HTTP/1.1\r\n\r\n"],
        ["<", "HTTP/1.1 200 OK\r\n\r\n"],
        [">", get("/2")],
      ],
      1,
      /became a tunnel/,
    ],
    [
      "a body that the server did not want",
      [
        [">", post("/1", "Content-Length: 9\r\nExpect: 100-continue", "")],
        ["<", "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"],
        [">", get("/2")],
      ],
      1,
      /whether the body/,
    ],
    [
      "both framings",
      [[">", post("/1", "Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n") + get("/2")]],
      1,
      /both Transfer-Encoding and/,
    ],
    [
      "two lengths",
      [[">", post("/1", "Content-Length: 5\r\nContent-Length: 6", "") + get("/2")]],
      1,
      /Content-Length can/,
    ],
    ["a list of lengths", [[">", post("/1", "Content-Length: 5, 5", "")]], 1, /Content-Length can/],
    ["a signed length", [[">", post("/1", "Content-Length: +5", "")]], 1, /Content-Length can/],
    [
      "another coding",
      [[">", post("/1", "Transfer-Encoding: gzip, chunked", "")]],
      1,
      /Transfer-Encoding can/,
    ],
    [
      "a coding in disguise",
      [[">", post("/1", "Transfer-Encoding: xchunked", "")]],
      1,
      /Transfer-Encoding can/,
    ],
    [
      "a coding of HTTP/1.0",
      [[">", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"]],
      1,
      /Transfer-Encoding can/,
    ],
    [
      "a space before a colon",
      [[">", post("/1", "Transfer-Encoding : chunked", "")]],
      1,
      /header of it can be read/,
    ],
    ["a folded header", [[">", post("/1", "A: b\r\n Content-Length: 5", "")]], 1, /header of it can be read/],
    ["a vertical tab", [[">", post("/1", "Transfer-Encoding:\vchunked", "")]], 1, /header of it can be read/],
    ["a bare line feed", [[">", "GET /1 HTTP/1.1\nHost: a\n\n"]], 1, /unusual end/],
    ["a bare carriage return", [[">", get("/1", "A: b\rContent-Length: 5\r\n")]], 1, /unusual end/],
    [
      "a size of a chunk in disguise",
      [[">", post("/1", "Transfer-Encoding: chunked", "0x3\r\nabc\r\n")]],
      1,
      /chunked body can/,
    ],
    [
      "a chunk's line with a bare line feed",
      [[">", post("/1", "Transfer-Encoding: chunked", "3;\nabc\r\n")]],
      1,
      /chunked body can/,
    ],
    [
      "a chunk longer than it says",
      [[">", post("/1", "Transfer-Encoding: chunked", "3\r\nabcd\r\n")]],
      1,
      /chunked body can/,
    ],
    [
      "a long line of a chunk",
      [[">", post("/1", "Transfer-Encoding: chunked", `3;${"a".repeat(2000)}`)]],
      1,
      /too long/,
    ],
    [
      "endless trailers",
      [[">", post("/1", "Transfer-Encoding: chunked", `0\r\n${"A: b\r\n".repeat(4000)}`)]],
      1,
      /trailers are too long/,
    ],
    [
      "what is no request",
      [
        [">", get("/1")],
        [">", "\x16\x03\x01"],
      ],
      1,
      /no request of HTTP/,
    ],
    [
      "an endless head",
      [[">", get("/1") + `GET / HTTP/1.1\r\n${"a: b\r\n".repeat(4000)}`]],
      1,
      /a head of more than/,
    ],
    ["HTTP/2", [[">", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]], 0, /^HTTP\/2$/],
    ["several hosts", [[">", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"]], 0, /several Host headers/],
    ["two spaces", [[">", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"]], 0, /cannot be read/],
  ])("says that it goes no further at %s", (...[, passing, count, why]) => {
    const { requests, lost } = follow([...passing, [">", get("/after")], ["<", OK]]);
    expect([requests.length, lost?.[0]]).toEqual([count, count]);
    expect(lost?.[1]).toMatch(why);
  });

  it("finds no more once one is not kept, and still the answers of those that are", () => {
    const found = follow(
      [
        [">", get("/1") + get("/2") + get("/3")],
        ["<", OK + OK + OK],
      ],
      2,
    );
    expect(told(found)).toEqual(["GET /1 200", "GET /2 200"]);
  });

  it("gives a server's answers to nobody where it says more than it was asked", () => {
    const found = follow([
      ["<", OK],
      [">", get("/1")],
      ["<", OK + OK],
      [">", get("/2")],
      ["<", OK],
    ]);
    expect(told(found)).toEqual(["GET /1 200", "GET /2"]);
  });

  it("reads a long head that comes byte by byte", () => {
    const head = Buffer.from(get(`/${"x".repeat(7000)}`, `A: ${"y\r\nB: ".repeat(1000)}z\r\n`));
    expect(told(follow([...head].map((byte) => [">", Buffer.of(byte)] as const)))).toHaveLength(1);
  });
});

const word = fc.stringMatching(/^[a-z]{1,6}$/);
const body = fc.oneof(
  fc.constant({ headers: "", bytes: "" }),
  fc.string({ maxLength: 40 }).map((text) => {
    const bytes = Buffer.from(text).toString("latin1");
    return { headers: `Content-Length: ${bytes.length}\r\n`, bytes };
  }),
  fc.array(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 3 }).map((texts) => {
    const chunks = texts.map((text) => Buffer.from(text).toString("latin1"));
    const bytes = [...chunks, ""].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
    return { headers: "Transfer-Encoding: chunked\r\n", bytes };
  }),
);
const request = fc.tuple(fc.constantFrom("GET", "POST", "PUT", "DELETE"), word, body).map(([method, path, { headers, bytes }]) => ({
  line: `${method} /${path}`,
  text: `${method} /${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n${bytes}`,
})); // prettier-ignore
const cuts = fc.array(fc.nat(), { maxLength: 12 });

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [0, ...at.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((to, i) => bytes.subarray(places[i], to));
}

describe("any conversation", () => {
  it("is found whole, wherever it is cut", () => {
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 6 }), cuts, cuts, (requests, outCuts, inCuts) => {
        const out = Buffer.from(requests.map(({ text }) => text).join(""), "latin1");
        const back = Buffer.from(requests.map((_each, i) => OK.replace("200", `${201 + i}`).replace("204", "200")).join(""));
        const found = follow([
          ...cut(out, outCuts).map((piece) => [">", piece] as const),
          ...cut(back, inCuts).map((piece) => ["<", piece] as const),
        ]);
        expect(found.lost).toBeUndefined();
        expect(told(found).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(requests.map(({ line }) => line));
        expect(found.requests.every(({ status }) => status !== undefined)).toBe(true);
      }),
      { numRuns: fuzzRuns(1000) },
    ); // prettier-ignore
  });

  it("is cut at every single byte with the same result", () => {
    const all = Buffer.from(
      get("/1") + post("/2", "Content-Length: 3", "abc") + post("/3", "Transfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n") + get("/4"),
    ); // prettier-ignore
    const whole = follow([[">", all]]);
    expect(told(whole)).toEqual(["GET /1", "POST /2", "POST /3", "GET /4"]);
    for (let at = 0; at <= all.length; at++)
      expect(
        follow([
          [">", all.subarray(0, at)],
          [">", all.subarray(at)],
        ]),
      ).toEqual(whole);
  });

  it("never holds what Node's strict parser reads otherwise, and is silent only where it found as much", async () => {
    let compared = 0;
    const wounds = fc.array(
      fc.tuple(fc.nat(), fc.constantFrom(..."\r\n :;,0aFG\t\x00\v".split("")), fc.nat(2)),
      { maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 5 }), wounds, cuts, async (requests, hurt, at) => {
        const text = hurt.reduce(wound, requests.map((each) => each.text).join(""));
        const bytes = Buffer.from(text, "latin1");
        const pieces = cut(bytes, at);
        const { requests: ours, lost } = follow(pieces.map((piece) => [">", piece] as const));
        const theirs = await parsedByNode(pieces);
        const lines = ours.map(({ method, path }) => `${method} ${path}`);
        const common = Math.min(lines.length, theirs.length);
        expect(lines.slice(0, common), text).toEqual(theirs.slice(0, common));
        if (lost === undefined && lines.length > 0) expect(lines.length, text).toBeGreaterThanOrEqual(theirs.length);
        compared += common;
      }),
      { numRuns: fuzzRuns(1500) },
    ); // prettier-ignore
    expect(compared).toBeGreaterThan(1000);
  }, 120_000);

  it("takes any bytes, both ways", () => {
    const passing = fc.array(
      fc.tuple(fc.constantFrom<">" | "<">(">", "<"), fc.uint8Array({ maxLength: 300 })),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(passing, (any) => {
        follow([[">", get("/1", "Transfer-Encoding: chunked\r\n")], ...any]);
        follow([[">", get("/1")], ...any]);
        follow(any);
      }),
      { numRuns: fuzzRuns(3000) },
    ); // prettier-ignore
  });
});

function wound(text: string, [place, what, way]: [number, string, number]): string {
  const at = place % Math.max(1, text.length);
  return text.slice(0, at) + (way === 0 ? "" : what) + text.slice(way === 1 ? at : at + 1);
}

/** The requests that Node's own server finds in the same bytes. */
async function parsedByNode(pieces: readonly Uint8Array[]): Promise<string[]> {
  const found: string[] = [];
  const server = createServer({ requireHostHeader: false }, (incoming, response) => {
    found.push(`${incoming.method ?? ""} ${incoming.url ?? ""}`);
    incoming.resume().on("error", () => undefined);
    response.end();
  });
  server.on("upgrade", ({ method = "", url = "" }: { method?: string; url?: string }) => {
    found.push(`${method} ${url}`);
  });
  server.on("clientError", () => undefined);
  const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => { done(); } }); // prettier-ignore
  socket.on("error", () => undefined);
  server.emit("connection", socket);
  for (const piece of pieces) socket.push(piece);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  socket.destroy();
  return found;
}
