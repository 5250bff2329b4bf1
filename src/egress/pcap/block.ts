/** Blocks of a PCAPNG file (draft-ietf-opsawg-pcapng), little-endian, without I/O. */

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const NAMES = 4;
const STATISTICS = 5;
const PACKET = 6;
const SECRETS = 10;
const BYTE_ORDER = 0x1a2b3c4d;
/** Packets that begin with an IP header. */
const LINKTYPE_RAW = 101;
export const MAX_PACKET = 65_535;
const TLS_KEY_LOG = 0x544c534b;
const COMMENT = 1;
const APPLICATION = 4;
const STATISTICS_DROPPED = 5;
const MAX_COMMENT = 4096;

/** What a file begins with: one section, one interface, times in µs. */
export function beginning(): Buffer {
  const section = Buffer.alloc(16);
  section.writeUInt32LE(BYTE_ORDER, 0);
  section.writeUInt16LE(1, 4); // version 1.0
  section.writeBigInt64LE(-1n, 8); // length unknown
  const interface_ = Buffer.alloc(8);
  interface_.writeUInt16LE(LINKTYPE_RAW, 0);
  interface_.writeUInt32LE(MAX_PACKET, 4);
  return Buffer.concat([
    block(SECTION_HEADER, [section, text(APPLICATION, "Mayfly"), END_OF_OPTIONS]),
    block(INTERFACE, [interface_]),
  ]);
}

/** @param time µs since 1970 */
export function packetBlock(packet: Buffer, time: number, comment: string | undefined): Buffer {
  const head = Buffer.alloc(20);
  writeTime(head, 4, time);
  head.writeUInt32LE(packet.length, 12);
  head.writeUInt32LE(packet.length, 16);
  const options = comment === undefined ? [] : [text(COMMENT, comment), END_OF_OPTIONS];
  return block(PACKET, [head, padded(packet), ...options]);
}

/** That an address (4 or 16 bytes) is called `name`. */
export function nameBlock(address: Buffer, name: string): Buffer {
  const value = Buffer.concat([address, Buffer.from(`${name}\0`)]);
  const record = option(address.length === 4 ? 1 : 2, value);
  return block(NAMES, [record, END_OF_OPTIONS]);
}

/** Lines of an NSS key log; it has to stand before the packets that they decrypt. */
export function secretsBlock(lines: string): Buffer {
  const bytes = Buffer.from(lines, "latin1");
  const head = Buffer.alloc(8);
  head.writeUInt32LE(TLS_KEY_LOG, 0);
  head.writeUInt32LE(bytes.length, 4);
  return block(SECRETS, [head, padded(bytes)]);
}

/** What a file ends with where something is missing in it. */
export function omissionBlock(dropped: number, time: number): Buffer {
  const head = Buffer.alloc(12);
  writeTime(head, 4, time);
  const count = Buffer.alloc(8);
  count.writeBigUInt64LE(BigInt(dropped));
  const options = [option(STATISTICS_DROPPED, count), END_OF_OPTIONS];
  return block(STATISTICS, [head, text(COMMENT, `${dropped} packets were left out`), ...options]);
}

const END_OF_OPTIONS = Buffer.alloc(4);

function block(type: number, parts: readonly Buffer[]): Buffer {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(length, 0);
  return Buffer.concat([head, ...parts, tail], length);
}

function text(code: number, value: string): Buffer {
  return option(code, Buffer.from(value).subarray(0, MAX_COMMENT));
}

function option(code: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

function padded(bytes: Buffer): Buffer {
  const rest = -bytes.length & 3;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(rest)]);
}

/** A time as two 32-bit halves, the high one first. */
function writeTime(head: Buffer, at: number, time: number): void {
  head.writeUInt32LE(Math.floor(time / 2 ** 32), at);
  head.writeUInt32LE(time % 2 ** 32, at + 4);
}
