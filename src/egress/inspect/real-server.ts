import { Agent } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect, createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { MayflyError, within } from "../../foundation/index.ts";
import type { InspectionOptions } from "./options.ts";

const HANDSHAKE_MS = 30_000;

/** Trust in the usual roots and in these (PEM). Make it once: it takes milliseconds. */
export function trustedRoots(extra: readonly string[]): SecureContext {
  return createSecureContext({ ca: [...rootCertificates, ...extra] });
}

/**
 * The one connection to the real server. One stream of the guest has one, and both end together: a client sees its
 * server close just as it would without Mayfly between.
 */
export class RealServer {
  /** Sends requests over the connection, one after the other. */
  readonly agent: Agent;
  /** Requests that it was given. */
  requests = 0;
  private readonly options: InspectionOptions;
  private readonly onClose: () => void;
  private connecting: Promise<Duplex> | undefined;
  private connection: Duplex | undefined;
  private gone = false;

  /** @param onClose is called once when the connection has closed */
  constructor(options: InspectionOptions, onClose: () => void) {
    this.options = options;
    this.onClose = onClose;
    this.agent = new OneConnection(() => this.connection);
  }

  /** Whether it was connected and is no more. */
  get isGone(): boolean {
    return this.gone;
  }

  /** Connects, unless it is. @throws what `dial` throws; E_CLOSED with a plain explanation where TLS fails */
  async connect(): Promise<void> {
    this.connecting ??= this.open();
    await this.connecting;
  }

  destroy(): void {
    this.gone = true;
    this.connection?.destroy();
    this.agent.destroy();
  }

  private async open(): Promise<Duplex> {
    const raw = await this.options.dial();
    raw.on("error", () => undefined); // whoever uses the connection is told
    if (this.gone) raw.destroy();
    this.connection = raw; // so that `destroy` reaches it while TLS is set up
    const connection = this.options.authority === undefined ? raw : await this.secure(raw);
    this.connection = connection;
    if (connection.destroyed) throw new MayflyError("E_CLOSED", "it closed the connection at once");
    connection.on("error", () => undefined);
    connection.on("end", () => connection.end()); // a server that says nothing more gets no more requests
    connection.on("close", () => {
      this.gone = true;
      raw.destroy();
      this.onClose();
    });
    return connection;
  }

  private async secure(raw: Duplex): Promise<Duplex> {
    const { target, trust } = this.options;
    const secured = connect({
      socket: raw,
      host: target.name, // whom the certificate must be for
      ...(isIP(target.name) === 0 ? { servername: target.name } : {}),
      ...(trust === undefined ? {} : { secureContext: trust }),
      ALPNProtocols: ["http/1.1"],
      minVersion: "TLSv1.2",
      rejectUnauthorized: true,
    });
    const shaken = new Promise<Duplex>((resolve, reject) => {
      secured.once("secureConnect", () => {
        resolve(secured);
      });
      secured.once("error", (cause: Error) => {
        reject(new MayflyError("E_CLOSED", `TLS with it failed: ${cause.message}`, { cause }));
      });
      secured.once("close", () => {
        reject(new MayflyError("E_CLOSED", "it closed the connection while TLS was set up"));
      });
    });
    try {
      return await within(shaken, HANDSHAKE_MS, {
        late: () => new MayflyError("E_CLOSED", `TLS with it took more than ${HANDSHAKE_MS / 1000} s`),
      });
    } catch (cause) {
      secured.destroy();
      raw.destroy();
      throw cause;
    }
  }
}

/** Node's agent, with a connection that is already there and may be any stream. */
class OneConnection extends Agent {
  private readonly connectionNow: () => Duplex | undefined;

  constructor(connectionNow: () => Duplex | undefined) {
    super({ keepAlive: true, maxSockets: 1 });
    this.connectionNow = connectionNow;
  }

  override createConnection(...[, done]: Parameters<Agent["createConnection"]>): Duplex | undefined {
    const connection = this.connectionNow();
    if (connection?.destroyed === false) return connection;
    const gone = new MayflyError("E_CLOSED", "The connection to the real server is gone");
    (done as ((error: Error) => void) | undefined)?.(gone);
    return undefined;
  }

  /** Node's own way sets options of a network socket, which this need not be. */
  override keepSocketAlive(): boolean {
    return true;
  }

  override reuseSocket(...[connection, request]: Parameters<Agent["reuseSocket"]>): void {
    if (!("ref" in connection)) Object.assign(connection, { ref: () => connection });
    super.reuseSocket(connection, request);
  }
}
