import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { SpokenProtocol } from "../contract/index.ts";
import { ignoring } from "../foundation/index.ts";
import type { Destination, Terms } from "../policy/network/index.ts";
import { readRequestHead } from "./http/index.ts";
import { Prefix } from "./prefix.ts";
import { refused, type Refused } from "./refused.ts";
import { readClientHello, type ClientHello } from "./tls/index.ts";

const PATIENCE_MS = 15_000;

const SPOKEN: Readonly<Record<SpokenProtocol, string>> = { tls: "TLS", http: "a request of HTTP/1" };

/**
 * Waits for the beginning of a stream, which stays as it is, where its rule wants one: of a protocol, or TLS for the name
 * that was asked for. One that means another server behind the same address is refused before anything is dialled.
 * @returns undefined where it is as the rule wants it
 */
export async function requireStart(
  guest: Duplex,
  destination: Destination,
  { tls, protocol }: Terms,
): Promise<Refused | undefined> {
  if (tls || protocol === "tls") {
    const hello = await startOf(guest, readClientHello);
    if (hello?.kind !== "hello") return notBegun("tls");
    return tls ? otherServer(hello, destination) : undefined;
  }
  if (protocol === undefined) return undefined;
  const request = await startOf(guest, readRequestHead);
  return request?.kind === "request" ? undefined : notBegun("http");
}

function notBegun(protocol: SpokenProtocol): Refused {
  return refused(`it did not begin with ${SPOKEN[protocol]}, which this rule requires`);
}

function otherServer(
  { serverName, encryptedName }: ClientHello,
  destination: Destination,
): Refused | undefined {
  const name = destination.kind === "name" ? destination.name : destination.address;
  if (encryptedName) return refused("its TLS hides the server's name (ECH), which this rule must see");
  if (serverName === undefined) return refused("its TLS names no server, which this rule must see");
  if (serverName.replace(/\.$/, "") !== name)
    return refused("its TLS names another server than it asked for");
  return undefined;
}

/** What a stream begins with; undefined where too little comes to tell. */
async function startOf<R extends { readonly kind: string }>(
  guest: Duplex,
  read: (prefix: Uint8Array) => R,
): Promise<R | undefined> {
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
      const reading = read(prefix.bytes);
      if (reading.kind !== "more") return reading;
    }
    return undefined;
  } finally {
    guest.off("close", onClose);
    if (prefix.bytes.length > 0 && !guest.destroyed && !guest.readableEnded) guest.unshift(prefix.bytes);
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
