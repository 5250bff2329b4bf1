import { createServer, type Server, type ServerOptions } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Ledger } from "./ledger.ts";
import type { InspectionOptions } from "./options.ts";
import type { ServerIdentity } from "./task-authority.ts";

const HTTP_1 = "http/1.1";
const HANDSHAKE_MS = 30_000;
const OPTIONS: ServerOptions = {
  maxHeaderSize: 32_768,
  insecureHTTPParser: false,
  requireHostHeader: false, // what Node answered itself would be in no record
  requestTimeout: 0, // a body may take as long as it takes; heads have a time-out of ours
  headersTimeout: 0,
  keepAliveTimeout: 0,
};

/** Node's HTTP server for one connection, with TLS before it where there is an identity. It listens to nothing. */
export function serverFor(
  options: InspectionOptions,
  identity: ServerIdentity | undefined,
  ledger: Ledger,
): Server {
  const server = identity === undefined ? createServer(OPTIONS) : secureServer(options, identity, ledger);
  // A client may end its side and still read. Each header counts: Node would leave out those past 1,000, but go by them
  // where a message ends, and the real server would see another end. `maxHeaderSize` bounds them.
  Object.assign(server, { httpAllowHalfOpen: true, maxHeadersCount: 0 });
  return server;
}

function secureServer(options: InspectionOptions, identity: ServerIdentity, ledger: Ledger): Server {
  let offered: readonly string[] = [];
  const server = createTlsServer({
    ...OPTIONS,
    ...identity,
    minVersion: "TLSv1.2",
    handshakeTimeout: HANDSHAKE_MS,
    ALPNCallback: ({ protocols }) => {
      offered = protocols;
      return protocols.includes(HTTP_1) ? HTTP_1 : undefined; // without: an alert that says so
    },
    SNICallback: (name, done) => {
      const isOther = name.toLowerCase() !== options.target.name;
      done(isOther ? new Error("TLS is for another host than the stream was opened to") : null);
    },
  });
  if (options.onKeyLog !== undefined) {
    server.on("keylog", (line: Buffer) => options.onKeyLog?.(line.toString("latin1").trimEnd()));
  }
  server.on("secureConnection", (connection: TLSSocket & { servername?: string | false }) => {
    const name = connection.servername;
    options.onTls?.({
      serverName: typeof name === "string" && name !== "" ? name : undefined,
      alpn: offered,
    });
  });
  server.on("tlsClientError", (cause: Error, connection: Duplex) => {
    ledger.fault(`the program's TLS failed: ${cause.message}`);
    connection.destroy();
    options.guest.destroy();
  });
  return server;
}
