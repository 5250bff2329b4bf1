import { Cursor } from "./cursor.ts";
import { readAlpn, readExtensions, readServerName, readVersions } from "./extensions.ts";
import { readFirstHandshake } from "./handshake.ts";
import type { Malformed } from "./malformed.ts";

const SERVER_NAME = 0;
const ALPN = 16;
const SUPPORTED_VERSIONS = 43;
/** encrypted_client_hello, and encrypted_server_name of the drafts before it. */
const HIDDEN_NAMES = [0xfe0d, 0xffce];

/** What a client says of itself before anything is encrypted. Its strings are a guest's: neutralise them to show them. */
export interface ClientHello {
  readonly kind: "hello";
  /** Lower case, printable ASCII, at most 255 characters, otherwise as sent (a last dot stays). */
  readonly serverName: string | undefined;
  /** Protocols offered, the preferred first; each byte is a character. */
  readonly alpn: readonly string[];
  /** Versions offered, as numbers of the wire: 0x0303 is TLS 1.2, 0x0304 is TLS 1.3. */
  readonly versions: readonly number[];
  /**
   * It has an encrypted ClientHello, so `serverName` may not be the name that the server will act upon. Browsers send
   * one of random bytes to every server (GREASE); the two cannot be told apart.
   */
  readonly encryptedName: boolean;
}

/** `more`: not to be told yet. `not-tls`: it does not begin as TLS does. */
export type HelloReading = { readonly kind: "more" } | { readonly kind: "not-tls" } | Malformed | ClientHello;

/**
 * Reads the ClientHello at the front of a stream (RFC 8446 §4.1.2). Call it again with a longer prefix while it says
 * `more`, which ends at 82,244 bytes at the latest. Pure; never throws; bytes behind the hello's record are not read.
 */
export function readClientHello(prefix: Uint8Array): HelloReading {
  const first = readFirstHandshake(prefix);
  return first.kind === "body" ? readBody(first.body) : first;
}

function readBody(body: Uint8Array): HelloReading {
  const cursor = new Cursor(body);
  const version = cursor.int(2);
  cursor.take(32); // random
  cursor.vector(1, 0, 32); // session id
  const suites = cursor.vector(2, 2, 65_534);
  const compressions = cursor.vector(1, 1, 255);
  const block = cursor.left > 0 && !cursor.broken ? cursor.vector(2, 0, 65_535) : new Uint8Array(0);
  if (cursor.broken) return { kind: "malformed", why: "the ClientHello is cut off" };
  if (cursor.left > 0) return { kind: "malformed", why: "bytes follow the ClientHello's extensions" };
  if (version >>> 8 !== 3 || suites.length % 2 === 1 || !compressions.includes(0)) {
    return { kind: "malformed", why: "the ClientHello offers nothing that TLS knows" };
  }
  const extensions = readExtensions(block);
  return typeof extensions === "string"
    ? { kind: "malformed", why: extensions }
    : describe(version, extensions);
}

function describe(version: number, extensions: ReadonlyMap<number, Uint8Array>): HelloReading {
  const names = extensions.get(SERVER_NAME);
  const serverName = names === undefined ? undefined : readServerName(names);
  if (names !== undefined && serverName === undefined) {
    return { kind: "malformed", why: "its server_name is not one host name" };
  }
  const protocols = extensions.get(ALPN);
  const alpn = protocols === undefined ? [] : readAlpn(protocols);
  if (alpn === undefined) return { kind: "malformed", why: "its list of protocols (ALPN)" };
  const supported = extensions.get(SUPPORTED_VERSIONS);
  const versions = supported === undefined ? [version] : readVersions(supported);
  if (versions === undefined) return { kind: "malformed", why: "its list of versions" };
  const encryptedName = HIDDEN_NAMES.some((type) => extensions.has(type));
  return { kind: "hello", serverName, alpn, versions: versions.filter(isReal), encryptedName };
}

/** RFC 8701: clients mix in values without a meaning (0x0a0a, 0x1a1a, …) so that servers learn to ignore them. */
function isReal(version: number): boolean {
  return (version & 0x0f0f) !== 0x0a0a;
}
