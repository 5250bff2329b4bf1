import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { AskedStream } from "../../src/egress/index.ts";
import { asUntrusted } from "../../src/foundation/index.ts";
import { duplexPair } from "./duplex-pair.ts";

export interface FakeStream {
  readonly asked: AskedStream;
  /** The program's end of it. */
  readonly program: Duplex;
  /** Why it was refused. */
  readonly refusals: string[];
  /** All that the program got, once the stream is gone or has ended that way. */
  readonly received: Promise<string>;
}

/** A stream as a hostile guest's agent might ask for it: any text, any port. */
export function fakeStream(host: string, port: number, path = "/usr/bin/curl"): FakeStream {
  const [program, far] = duplexPair();
  const refusals: string[] = [];
  const chunks: Buffer[] = [];
  program.on("error", () => undefined);
  program.on("data", (chunk: Buffer) => chunks.push(chunk));
  const received = new Promise<string>((resolve) => {
    const tell = (): void => {
      resolve(Buffer.concat(chunks).toString("latin1"));
    };
    program.once("end", tell).once("close", tell);
  });
  const asked: AskedStream = {
    host: asUntrusted(host),
    port,
    duplex: far,
    refuse: (why) => {
      refusals.push(why);
      far.destroy();
    },
    onProgram: (listener) => {
      listener({ pid: 7, path: asUntrusted(path) });
    },
  };
  return { asked, program, refusals, received };
}

/** A server on loopback that counts who came. */
export interface Counting {
  readonly server: Server;
  readonly port: number;
  readonly sockets: Socket[];
}

export async function listening(
  onConnection: (socket: Socket) => void = () => undefined,
  { host = "127.0.0.1", port = 0 } = {},
): Promise<Counting> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  server.listen(port, host);
  await once(server, "listening");
  return { server, sockets, port: (server.address() as AddressInfo).port };
}

export function stop({ server, sockets }: Counting): void {
  for (const socket of sockets) socket.destroy();
  server.close();
}
