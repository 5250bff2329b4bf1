import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { asMayflyError, type MayflyError } from "../../foundation/index.ts";
import { addressOf, hostHeader, type Addressee } from "./addressee.ts";
import { answer, answerRaw } from "./answer.ts";
import { forward, type Exchange } from "./forward.ts";
import { serverFor } from "./guest-side.ts";
import { checkInjected, isChunked, valuesOf } from "./headers.ts";
import { Ledger } from "./ledger.ts";
import type { InspectionOptions } from "./options.ts";
import { RealServer } from "./real-server.ts";
import { forwardUpgrade, isUpgradable, responseOn } from "./upgrade.ts";

const HEAD_MS = 60_000;
/** Requests that may wait for the answers of earlier ones. Who pipelines more does it to fill our memory. */
const MAX_WAITING = 64;
/** What is recorded of a request that cannot be read. */
const UNREAD = { method: "", host: undefined, path: "" };
const NO_END = "a request's head did not come to its end in time";

/**
 * Stands between a guest's stream and the real server: ends TLS on both sides (where there is an authority), reads each
 * request with Node's strict parser, puts in the headers that the policy injects, and writes it anew, so guest and
 * server cannot disagree about where a request ends. Answers pass as they are: a server that echoes a request's
 * headers shows the injected ones to the guest.
 *
 * Resolves when the stream is over on both sides. What goes wrong on the way is answered to the guest where HTTP allows
 * and told to `onFault`.
 * @throws E_USAGE for a header that cannot be injected; E_CLOSED, E_INTERNAL from the authority. `guest` is destroyed.
 */
export async function inspect(options: InspectionOptions): Promise<void> {
  const { guest, target, authority } = options;
  guest.on("error", () => undefined); // its close is what counts
  try {
    const inject = checkInjected(options.inject ?? {});
    const ledger = new Ledger(options);
    const server = serverFor(options, await authority?.identityOf(target.name), ledger);
    const to: Addressee = { ...target, scheme: authority === undefined ? "http" : "https" };
    await new Inspection({ options, inject, ledger, server, to }).run();
  } finally {
    guest.destroy();
  }
}

interface Parts {
  readonly options: InspectionOptions;
  readonly inject: Readonly<Record<string, string>>;
  readonly ledger: Ledger;
  readonly server: Server;
  readonly to: Addressee;
}

class Inspection {
  private readonly parts: Parts;
  private readonly real: RealServer;
  /** The guest's connection as HTTP sees it: after TLS. */
  private connection: Duplex | undefined;
  /** Requests whose answer is not over. */
  private waiting = 0;
  /** A request was refused: the connection ends with that answer, and whatever follows is not looked at. */
  private isEnding = false;
  /** Something came that is not known to be of a request. */
  private isBegun = false;
  private readonly onBytes = (): void => {
    this.isBegun = true;
  };
  private turn: Promise<void> = Promise.resolve();
  private headTimer: NodeJS.Timeout | undefined;

  constructor(parts: Parts) {
    this.parts = parts;
    this.real = new RealServer(parts.options, () => {
      if (this.waiting === 0) this.endGuest();
    });
  }

  async run(): Promise<void> {
    const { server, options } = this.parts;
    const { guest } = options;
    const onRequest = (request: IncomingMessage, response: ServerResponse): void =>
      void this.serve(request, response);
    server.on("request", onRequest);
    server.on("checkContinue", onRequest);
    server.on("checkExpectation", onRequest);
    server.on("upgrade", (request: IncomingMessage, connection: Duplex, head: Buffer) => {
      connection.removeListener("data", this.onBytes);
      connection.pause(); // until it is joined with the real server's
      if (head.length > 0) connection.unshift(head);
      void this.upgrade(request, connection);
    });
    server.on("connect", (request: IncomingMessage, connection: Duplex) => {
      this.refuseConnect(request, connection);
    });
    server.on("clientError", (cause: Error & { code?: string }, connection: Duplex) => {
      this.refuseMalformed(cause, connection);
    });
    server.on(options.authority === undefined ? "connection" : "secureConnection", (connection: Duplex) => {
      this.connection = connection;
      // Node's server would read past the stream, straight from its handle, which over TLS on a stream does not stop.
      // Before its parser, which may find a whole head in what came
      connection.prependListener("data", this.onBytes);
      connection.on("error", () => undefined);
      connection.on("close", () => guest.destroy());
    });
    guest.once("end", () => {
      if (this.connection === undefined) guest.destroy(); // it ended within the TLS handshake
    });
    const over = new Promise<void>((resolve) => guest.once("close", resolve));
    this.awaitHead();
    if (!guest.destroyed) {
      server.emit("connection", guest);
      await over;
    }
    clearTimeout(this.headTimer);
    this.real.destroy();
    this.connection?.destroy();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on("error", () => undefined); // the connection's close is what counts
    response.on("error", () => undefined);
    if (this.isEnding) return;
    const over = new Promise<void>((resolve) => response.once("close", resolve));
    const exchange = this.begin(request, response);
    if (exchange === undefined) return;
    const before = this.turn;
    this.turn = before.then(async () => {
      if (response.destroyed || !(await this.connectReal(exchange))) return;
      await forward(exchange, this.real);
    });
    await Promise.all([this.turn, over]);
    this.finish();
  }

  private async upgrade(request: IncomingMessage, connection: Duplex): Promise<void> {
    const isAlone = this.waiting === 0;
    const response = responseOn(request, connection);
    response.on("error", () => undefined);
    connection.on("error", () => undefined);
    const exchange = this.begin(request, response);
    if (exchange === undefined) return;
    if (!isUpgradable(request) || !isAlone) {
      this.refuse(exchange, 501, "a connection may only become a WebSocket, and only when no request waits");
      return;
    }
    if (await this.connectReal(exchange)) forwardUpgrade(exchange, connection, this.real);
  }

  /** Records the request and answers it where it may not be forwarded. */
  private begin(request: IncomingMessage, response: ServerResponse): Exchange | undefined {
    const { ledger, to, inject } = this.parts;
    clearTimeout(this.headTimer);
    this.isBegun = false;
    this.waiting++;
    const { host, path, refusal } = addressOf(request, to);
    const method = request.method ?? "";
    const told = ledger.request({ method, host, path });
    const fault = (why: string): void => {
      ledger.fault(why);
    };
    const exchange = { request, response, path, host: hostHeader(to), inject, told, fault };
    const other = this.otherRefusal(request);
    if (this.waiting > MAX_WAITING) {
      ledger.fault(`more than ${MAX_WAITING} requests wait for their answers`);
      this.parts.options.guest.destroy();
    } else if (refusal !== undefined) this.refuse(exchange, refusal.status, refusal.why);
    else if (other !== undefined) this.refuse(exchange, other.status, other.why);
    else return exchange;
    return undefined;
  }

  private otherRefusal(request: IncomingMessage): { status: number; why: string } | undefined {
    // TRACE answers with the request, and with what was injected
    if (request.method === "TRACE") return { status: 405, why: "TRACE is refused" };
    const codings = valuesOf(request.rawHeaders, "transfer-encoding");
    if (isChunked(request.rawHeaders) && (codings.length > 1 || codings[0] !== "chunked")) {
      return { status: 501, why: "a transfer coding other than chunked" };
    }
    const expected = valuesOf(request.rawHeaders, "expect");
    if (request.httpVersion !== "1.0" && expected.some((value) => value !== "100-continue")) {
      return { status: 417, why: "a request expects something other than 100-continue" };
    }
    return undefined;
  }

  private refuse({ request, response, told, fault }: Exchange, status: number, why: string): void {
    this.isEnding = true;
    fault(why);
    told(status);
    request.resume();
    answer(response, status, `Refused: ${why}.`);
  }

  private async connectReal(exchange: Exchange): Promise<boolean> {
    if (this.real.isGone) {
      this.parts.options.guest.destroy();
      return false;
    }
    try {
      await this.real.connect();
      return !this.real.isGone;
    } catch (cause) {
      const why = `${this.parts.to.name} could not be connected: ${plainly(asMayflyError(cause))}`;
      exchange.fault(why);
      exchange.told(502);
      exchange.request.resume();
      this.isEnding = true;
      answer(exchange.response, 502, why);
      return false;
    }
  }

  private refuseConnect(request: IncomingMessage, connection: Duplex): void {
    const { ledger } = this.parts;
    ledger.request({ method: "CONNECT", host: request.url, path: "" })(405);
    ledger.fault("CONNECT is refused");
    connection.on("error", () => undefined);
    if (this.waiting === 0) answerRaw(connection, 405, "Refused: CONNECT.");
    else connection.destroy();
  }

  private refuseMalformed({ code = "" }: { code?: string }, connection: Duplex): void {
    if (code.startsWith("HPE_") && !this.isEnding) {
      const status = code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
      this.refuseUnread(connection, {
        status,
        fault: `a malformed request: ${code}`,
        why: "The request is malformed.",
      });
    } else connection.destroy();
  }

  /** Ends a connection on which something came that cannot be read as a request, with an answer where none is due before it. */
  private refuseUnread(
    connection: Duplex,
    { status, fault, why }: { status: number; fault: string; why: string },
  ): void {
    const { ledger } = this.parts;
    this.isEnding = true;
    ledger.fault(fault);
    if (this.waiting > 0 || !connection.writable) {
      connection.destroy(); // it may be the rest of a request that is recorded
      return;
    }
    ledger.request(UNREAD)(status);
    answerRaw(connection, status, why);
    connection.once("finish", () => connection.destroy());
  }

  private finish(): void {
    this.waiting--;
    if (this.waiting > 0) return;
    if (this.real.isGone) this.endGuest();
    else this.awaitHead();
  }

  private endGuest(): void {
    const connection = this.connection ?? this.parts.options.guest;
    connection.once("finish", () => connection.destroy());
    connection.end();
  }

  /** A guest that holds a connection without asking for anything loses it. */
  private awaitHead(): void {
    const { headTimeout = HEAD_MS, guest } = this.parts.options;
    clearTimeout(this.headTimer);
    this.isBegun = false;
    this.headTimer = setTimeout(() => {
      const { connection, isBegun } = this;
      if (connection !== undefined && isBegun)
        this.refuseUnread(connection, { status: 408, fault: NO_END, why: "The request has no end." });
      else {
        if (this.real.requests === 0) this.parts.ledger.fault("no request came in time");
        guest.destroy();
      }
    }, headTimeout);
  }
}

function plainly({ message, code }: MayflyError): string {
  return code === "E_INTERNAL" ? message.replace("Unexpected failure: ", "") : message;
}
