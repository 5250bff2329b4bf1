import { once } from "node:events";
import { connect } from "node:tls";
import { duplexPair } from "./duplex-pair.ts";

/** Type of the extension that hides the real server's name: encrypted_client_hello. */
export const ENCRYPTED_HELLO = 0xfe0d;

/** What a TLS client sends first. @param servername "": it names no server */
export async function clientHello(servername: string, ALPNProtocols: string[] = []): Promise<Buffer> {
  const [wire, other] = duplexPair();
  const client = connect({ socket: wire, servername, ALPNProtocols });
  for (const each of [client, wire, other]) each.on("error", () => undefined);
  const [first] = (await once(other, "data")) as [Buffer];
  client.destroy();
  other.destroy();
  return first;
}

/** Adds an extension to a hello, as one with an encrypted server name has. */
export function withExtension(hello: Buffer, type: number): Buffer {
  const longer = Buffer.concat([hello, Buffer.from([type >>> 8, type & 255, 0, 1, 0])]);
  longer.writeUInt16BE(hello.readUInt16BE(3) + 5, 3);
  longer.writeUIntBE(hello.readUIntBE(6, 3) + 5, 6, 3);
  let position = 43;
  position += 1 + hello.readUInt8(position); // session
  position += 2 + hello.readUInt16BE(position); // cipher suites
  position += 1 + hello.readUInt8(position); // compression
  longer.writeUInt16BE(hello.readUInt16BE(position) + 5, position);
  return longer;
}
