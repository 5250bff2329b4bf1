import { once } from "node:events";
import type { Duplex } from "node:stream";
import { ignoring } from "../foundation/index.ts";
import type { Destination } from "../policy/network/index.ts";
import { Prefix } from "./prefix.ts";
import { refused, type Refused } from "./refused.ts";
import { readClientHello, type ClientHello } from "./tls/index.ts";

const PATIENCE_MS = 15_000;

/**
 * Waits for the ClientHello at the front of a stream, which stays as it is, and holds its server name against the name
 * that was asked for: a stream that means another server behind the same address is refused before anything is dialled.
 */
export async function requireTls(
  guest: Duplex,
  destination: Destination,
): Promise<{ readonly hello: ClientHello } | Refused> {
  const reading = await helloOf(guest);
  if ("refused" in reading) return reading;
  const { serverName, encryptedName } = reading.hello;
  const name = destination.kind === "name" ? destination.name : destination.address;
  if (encryptedName) return refused("its TLS hides the server's name (ECH), which this rule must see");
  if (serverName === undefined) return refused("its TLS names no server, which this rule must see");
  if (serverName.replace(/\.$/, "") !== name)
    return refused("its TLS names another server than it asked for");
  return reading;
}

async function helloOf(guest: Duplex): Promise<{ readonly hello: ClientHello } | Refused> {
  const prefix = new Prefix();
  const gone = new AbortController();
  const onClose = (): void => {
    gone.abort();
  };
  guest.once("close", onClose);
  try {
    const patience = AbortSignal.any([gone.signal, AbortSignal.timeout(PATIENCE_MS)]);
    for (let goesOn = true; goesOn;) {
      const piece = await nextPiece(guest, patience);
      if (piece === undefined) break;
      goesOn = prefix.add(piece);
      const reading = readClientHello(prefix.bytes);
      if (reading.kind === "hello") return { hello: reading };
      if (reading.kind !== "more") break;
    }
    return refused("it did not begin with TLS, which this rule requires");
  } finally {
    guest.off("close", onClose);
    if (prefix.bytes.length > 0 && !guest.destroyed) guest.unshift(prefix.bytes);
  }
}

/** Undefined where none comes. */
async function nextPiece(guest: Duplex, patience: AbortSignal): Promise<Uint8Array | undefined> {
  while (!guest.readableEnded && !guest.destroyed && !patience.aborted) {
    const piece = guest.read() as Uint8Array | null;
    if (piece !== null) return piece;
    await ignoring(once(guest, "readable", { signal: patience }), "that it is over is seen above");
  }
  return undefined;
}
