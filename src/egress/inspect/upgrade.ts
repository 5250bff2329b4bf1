import { ServerResponse, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { pipeline, type Duplex } from "node:stream";
import { answer } from "./answer.ts";
import { passResponse, startRequest, type Exchange } from "./forward.ts";
import { endToEnd, pairsOf, valuesOf } from "./headers.ts";
import type { RealServer } from "./real-server.ts";

/** What a connection may become. Not `h2c`: its requests would pass unseen. */
const PROTOCOLS = new Set(["websocket"]);

/** Whether a request asks for an upgrade that is passed on. */
export function isUpgradable(request: IncomingMessage): boolean {
  const wanted = valuesOf(request.rawHeaders, "upgrade");
  return request.method === "GET" && wanted.length === 1 && PROTOCOLS.has(wanted[0] ?? "");
}

/** A response for a request that Node hands over with its connection. */
export function responseOn(request: IncomingMessage, connection: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(asSocket(connection));
  response.on("finish", () => connection.end());
  return response;
}

/**
 * Asks the real server for the upgrade. Where it agrees, the two connections are joined and bytes pass as they are;
 * where not, its answer is passed and the connection ends.
 */
export function forwardUpgrade(exchange: Exchange, connection: Duplex, server: RealServer): void {
  const { request, response } = exchange;
  const outgoing = startRequest(exchange, server, [
    ["Connection", "Upgrade"],
    ["Upgrade", valuesOf(request.rawHeaders, "upgrade")[0] ?? ""],
  ]);
  if (outgoing === undefined) return;
  server.requests++;
  outgoing.on("upgrade", (incoming, real, head) => {
    const agreed = valuesOf(incoming.rawHeaders, "upgrade");
    if (agreed.length !== 1 || !PROTOCOLS.has(agreed[0] ?? "")) {
      exchange.fault("the real server changes to another protocol than was asked for");
      exchange.told(502);
      answer(response, 502, "The server changes to another protocol than was asked for.");
      real.destroy();
      return;
    }
    exchange.told(101);
    response.detachSocket(asSocket(connection));
    for (const side of [connection, real]) side.setMaxListeners(30); // two pipelines have many, once
    connection.write(headOf(incoming), "latin1");
    if (head.length > 0) connection.write(head);
    pipeline(connection, real, () => real.destroy());
    pipeline(real, connection, () => connection.destroy());
  });
  outgoing.on("response", (incoming) => {
    passResponse(incoming, outgoing, exchange);
  });
  outgoing.on("error", () => {
    exchange.fault("the real server closed the connection without an answer");
    exchange.told(502);
    answer(response, 502, "The server closed the connection without an answer.");
  });
  connection.on("close", () => outgoing.destroy());
  outgoing.end();
}

/** Node's types want a socket where any stream will do. */
function asSocket(stream: Duplex): Socket {
  const unchecked: unknown = stream;
  return unchecked as Socket;
}

function headOf(incoming: IncomingMessage): string {
  const headers = [
    ...endToEnd(incoming.rawHeaders),
    ...pairsOf(["Connection", "Upgrade", "Upgrade", "websocket"]),
  ];
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 101 ${incoming.statusMessage ?? ""}\r\n${lines}\r\n`;
}
