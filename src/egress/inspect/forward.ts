import { request as httpRequest } from "node:http";
import type { ClientRequest, IncomingMessage, RequestOptions, ServerResponse } from "node:http";
import { answer } from "./answer.ts";
import { endToEnd, forRealServer, isChunked, isFramed, trailersForRealServer, type Pair } from "./headers.ts";
import type { RealServer } from "./real-server.ts";

/** Head of a response of the real server; Node's 16 KiB are too little for some. */
const MAX_RESPONSE_HEAD = 65_536;

/** One request of the guest, on its way. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** In origin form. */
  readonly path: string;
  /** What Host has to be. */
  readonly host: string;
  readonly inject: Readonly<Record<string, string>>;
  /** Tells the final status that the guest gets. */
  readonly told: (status: number) => void;
  readonly fault: (why: string) => void;
}

/**
 * Sends the request to the real server, which is connected, and its answer back; bodies flow as fast as the slower side
 * takes them. Resolves when the connection is free for the next request, or gone. Never rejects.
 */
export async function forward(exchange: Exchange, server: RealServer): Promise<void> {
  const { request, response } = exchange;
  const outgoing = startRequest(exchange, server, []);
  if (outgoing === undefined) return;
  const isFirst = server.requests++ === 0;
  let isAnswered = false;
  await new Promise<void>((resolve) => {
    outgoing.on("continue", () => {
      if (!response.headersSent) response.writeContinue();
    });
    outgoing.on("response", (incoming) => {
      incoming.on("end", () => {
        isAnswered = true;
      });
      passResponse(incoming, outgoing, exchange);
    });
    outgoing.on("error", () => {
      if (isAnswered) return; // it did not want the rest of the request
      if (isFirst && !response.headersSent) {
        exchange.fault("the real server closed the connection without an answer");
        exchange.told(502);
        answer(response, 502, "The server closed the connection without an answer.");
      } else response.destroy(); // the guest's client sees what it would have seen: a connection that broke
    });
    outgoing.on("close", () => {
      request.unpipe(outgoing);
      request.resume();
      resolve();
    });
    response.on("close", () => {
      if (!response.writableFinished) outgoing.destroy();
    });
    passBody(exchange, outgoing);
  });
}

/** Begins the request. Where its words cannot be sent, answers the guest and gives undefined. */
export function startRequest(
  exchange: Exchange,
  server: RealServer,
  more: readonly Pair[],
): ClientRequest | undefined {
  const { request, response, path, host, inject } = exchange;
  const method = request.method ?? "GET";
  const own = forRealServer({ method, rawHeaders: request.rawHeaders }, { host, inject });
  const options: RequestOptions = {
    agent: server.agent,
    method,
    path,
    headers: [...own, ...more.flat()],
    maxHeaderSize: MAX_RESPONSE_HEAD,
    insecureHTTPParser: false,
    setHost: false,
  };
  try {
    const outgoing = httpRequest(options);
    outgoing.maxHeadersCount = 0; // as the guest's: none left out
    outgoing.flushHeaders();
    return outgoing;
  } catch {
    exchange.fault("a request has characters that may not be sent");
    exchange.told(400);
    answer(response, 400, "The request has characters that may not be sent.");
    return undefined;
  }
}

function passBody({ request, inject, fault }: Exchange, outgoing: ClientRequest): void {
  if (!isFramed(request.rawHeaders)) {
    // Nothing may follow a head that announces nothing: the real server would take it for another request
    request.once("data", () => {
      fault("a request has a body that it did not announce");
      outgoing.destroy();
    });
    request.on("end", () => outgoing.end());
    return;
  }
  request.pipe(outgoing, { end: false });
  request.on("end", () => {
    if (outgoing.destroyed) return;
    const trailers = trailersForRealServer(request.rawTrailers, inject);
    if (trailers.length > 0 && isChunked(request.rawHeaders)) outgoing.addTrailers(trailers);
    outgoing.end();
  });
  request.on("error", () => outgoing.destroy());
}

/** The real server's answer as it is, but for what is about its connection. */
export function passResponse(incoming: IncomingMessage, outgoing: ClientRequest, exchange: Exchange): void {
  const { response } = exchange;
  const broken = (): void => {
    incoming.destroy();
    response.destroy();
  };
  const headers = endToEnd(incoming.rawHeaders);
  if (!outgoing.shouldKeepAlive) headers.push(["Connection", "close"]);
  const status = incoming.statusCode ?? 502;
  try {
    response.sendDate = false;
    response.writeHead(status, incoming.statusMessage, headers.flat());
    response.flushHeaders();
  } catch {
    exchange.fault("the real server's answer has characters that may not be sent");
    broken();
    return;
  }
  exchange.told(status);
  incoming.on("error", broken);
  incoming.on("aborted", broken);
  incoming.on("end", () => {
    const trailers = endToEnd(incoming.rawTrailers);
    if (trailers.length > 0) response.addTrailers(trailers);
    response.end();
  });
  incoming.pipe(response, { end: false });
}
