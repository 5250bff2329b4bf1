import { Cursor } from "./cursor.ts";

/** Browsers send some 20. */
const MAX_EXTENSIONS = 100;
const MAX_PROTOCOLS = 100;
const MAX_NAME = 255;
const HOST_NAME = 0;

/** The body of each extension by its type, in order; a text says what is wrong with them. RFC 8446 §4.2 */
export function readExtensions(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> | string {
  const found = new Map<number, Uint8Array>();
  const cursor = new Cursor(bytes);
  while (cursor.left > 0) {
    if (found.size === MAX_EXTENSIONS) return `more than ${MAX_EXTENSIONS} extensions`;
    const type = cursor.int(2);
    const body = cursor.vector(2, 0, 65_535);
    if (cursor.broken) return "an extension is cut off";
    if (found.has(type)) return `extension ${type} comes twice`;
    found.set(type, body);
  }
  return found;
}

/**
 * The one host name of a server_name extension, in lower case; undefined where it is not exactly one, of printable
 * ASCII. RFC 6066 §3
 */
export function readServerName(body: Uint8Array): string | undefined {
  const outer = new Cursor(body);
  const list = new Cursor(outer.vector(2, 1, 65_535));
  const type = list.int(1);
  const name = list.vector(2, 1, MAX_NAME);
  if (outer.broken || outer.left > 0 || list.broken || list.left > 0 || type !== HOST_NAME) return undefined;
  if (name.some((byte) => byte <= 0x20 || byte >= 0x7f)) return undefined;
  return ascii(name).toLowerCase();
}

/** The protocols of an ALPN extension, each byte a character; undefined where it is malformed. RFC 7301 §3.1 */
export function readAlpn(body: Uint8Array): readonly string[] | undefined {
  const outer = new Cursor(body);
  const list = new Cursor(outer.vector(2, 2, 65_535));
  const protocols: string[] = [];
  while (list.left > 0 && !list.broken && protocols.length < MAX_PROTOCOLS) {
    protocols.push(ascii(list.vector(1, 1, 255)));
  }
  return outer.broken || outer.left > 0 || list.broken || list.left > 0 ? undefined : protocols;
}

/** The versions of a supported_versions extension; undefined where it is malformed. RFC 8446 §4.2.1 */
export function readVersions(body: Uint8Array): readonly number[] | undefined {
  const outer = new Cursor(body);
  const list = new Cursor(outer.vector(1, 2, 254));
  const versions: number[] = [];
  while (list.left > 1) versions.push(list.int(2));
  return outer.broken || outer.left > 0 || list.left > 0 ? undefined : versions;
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
