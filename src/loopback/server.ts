import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import websocket, { type WebsocketHandler } from "@fastify/websocket";
import { fastify, type FastifyInstance } from "fastify";
import { KIB, MIB, MayflyError } from "../foundation/index.ts";
import { Admission } from "./admission.ts";
import { readAssets } from "./assets.ts";
import { addEntrance, refusalFor, type Door } from "./door.ts";
import { answerFailure, failureBody, refuse } from "./failures.ts";
import { SAFE_HEADERS } from "./headers.ts";
import { listen, removeSocket, type Address } from "./listen.ts";

/** Built pages that it serves, each at `/NAME/`. */
interface Pages {
  readonly directory: string;
  readonly names: readonly string[];
}

/** Where routes are added: Fastify, with WebSocket routes (`{ websocket: true }`). */
export type LoopbackApp = FastifyInstance;

/** One side of a WebSocket that a browser or program opened. */
export type LoopbackSocket = Parameters<WebsocketHandler>[0];

export interface LoopbackOptions {
  /** Default: any free port of 127.0.0.1. */
  readonly address?: Address | undefined;
  /** Adds what the server has; paths begin with `/` and are below the server's own `base`. */
  readonly routes: (app: LoopbackApp) => void;
  readonly pages?: Pages | undefined;
  /** What the page of a link that is no longer good tells a person to do. One sentence. */
  readonly advice: string;
  /** Bytes of a request's body, unless its route says otherwise. Default 1 MiB. */
  readonly bodyBytes?: number | undefined;
  /** Bytes of a WebSocket message. Default 1 MiB. */
  readonly messageBytes?: number | undefined;
}

const NAME_BYTES = 12;
const MOST_CONNECTIONS = 256;
const HEADER_BYTES = 16 * KIB;
const REQUEST_MS = 300_000;

/**
 * A server of HTTP and WebSocket for this machine's own user. On loopback whoever comes must have followed a link of ours and
 * come from our own page; on a unix socket the file's owner and mode decide.
 */
export class LoopbackServer implements AsyncDisposable {
  /** What all its paths begin with: `/` on a unix socket, else a name that no other server has. */
  readonly base: string;
  /** `http://127.0.0.1:PORT`; undefined on a unix socket. */
  readonly origin: string | undefined;
  readonly #app: FastifyInstance;
  readonly #admission: Admission;
  readonly #address: Address;
  readonly #sockets = new Set<Socket>();
  #closing: Promise<void> | undefined;

  private constructor(parts: { app: FastifyInstance; admission: Admission; address: Address; door: Door }) {
    this.#app = parts.app;
    this.#admission = parts.admission;
    this.#address = parts.address;
    parts.app.server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.base = parts.door.base;
    this.origin = parts.door.port === undefined ? undefined : `http://127.0.0.1:${parts.door.port}`;
  }

  /** @throws E_USAGE, E_IN_USE, E_STORE_UNWRITABLE, E_ACCESS; E_INTERNAL where pages are not built */
  static async open(options: LoopbackOptions): Promise<LoopbackServer> {
    const { address = { port: 0 } } = options;
    const admission = new Admission();
    const isForBrowsers = "port" in address;
    const base = isForBrowsers ? `/${randomBytes(NAME_BYTES).toString("base64url")}/` : "/";
    const door: Door = { base, isForBrowsers, port: undefined, admission };
    const app = fastify({
      bodyLimit: options.bodyBytes ?? MIB,
      http: { maxHeaderSize: HEADER_BYTES },
      requestTimeout: REQUEST_MS,
      routerOptions: { maxParamLength: 128 },
    });
    app.server.maxConnections = MOST_CONNECTIONS;
    try {
      await build(app, door, options);
      door.port = await listen(app.server, address);
    } catch (cause) {
      await app.close();
      app.server.close();
      throw cause;
    }
    return new LoopbackServer({ app, admission, address, door });
  }

  /**
   * An address that lets one browser in, once.
   * @param path of a page, from the server's base: `/console/`
   * @throws E_USAGE on a unix socket
   */
  link(path = "/"): string {
    if (this.origin === undefined)
      throw new MayflyError("E_USAGE", "A server on a unix socket has no links for browsers");
    const token = this.#admission.invite(path.replace(/^\/*/, ""));
    return `${this.origin}${this.base}enter?token=${token}`;
  }

  /** Ends its connections and waits until they are gone. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const { server } = this.#app;
    const closed = new Promise<void>((resolve) =>
      server.close(() => {
        resolve();
      }),
    );
    await this.#app.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    removeSocket(this.#address);
  }
}

async function build(app: FastifyInstance, door: Door, options: LoopbackOptions): Promise<void> {
  app.setErrorHandler(async (cause, _request, reply) => await answerFailure(cause, reply));
  app.setNotFoundHandler(async (_request, reply) => {
    const error = new MayflyError("E_USAGE", "There is nothing here", { next: "See docs/daemon.md." });
    return await reply.code(404).send(failureBody(error));
  });
  await app.register(websocket, {
    options: { maxPayload: options.messageBytes ?? MIB, perMessageDeflate: false },
    errorHandler: (_error, socket) => {
      socket.terminate(); // a broken message, or a connection that is gone
    },
    preClose(done) {
      for (const client of this.websocketServer.clients) client.terminate();
      done();
    },
  });
  // After WebSocket's own hook, which ends the connection of an upgrade that is refused.
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(SAFE_HEADERS);
    const refusal = door.isForBrowsers ? refusalFor(request, door, options.advice) : undefined;
    return refusal === undefined ? undefined : await refuse(request, reply, refusal);
  });
  await app.register(
    async (own) => {
      if (door.isForBrowsers) addEntrance(own, door, options.advice);
      if (options.pages !== undefined) addPages(own, options.pages);
      options.routes(own);
      await Promise.resolve();
    },
    { prefix: door.base.slice(0, -1) },
  );
  await app.ready();
}

function addPages(app: FastifyInstance, { directory, names }: Pages): void {
  for (const [path, { type, content }] of readAssets(directory, names))
    app.get(`/${path}`, async (_request, reply) => await reply.type(type).send(content));
}
