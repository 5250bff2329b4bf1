import { isIPv4, isIPv6 } from "node:net";

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

const TCP = 6;
const TTL = 64;
const WINDOW = 0xffff;
/** Of a SYN: largest segment 65,495 (nothing here is that long), and a window scaled by 2^14, so that none seems full. */
const SYN_OPTIONS = Buffer.from([2, 4, 0xff, 0xd7, 1, 3, 3, 14]);

export interface Endpoint {
  /** 4 or 16 bytes; both ends of a connection have as many. */
  readonly address: Buffer;
  readonly port: number;
}

export interface Segment {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledged: number;
  /** At most 65,000 bytes. */
  readonly data: Uint8Array;
}

/** An IP packet with a TCP segment, checksums right. */
export function ipPacket(segment: Segment): Buffer {
  const tcp = tcpSegment(segment);
  const { from, to } = segment;
  const pseudo = Buffer.concat([
    from.address,
    to.address,
    Buffer.from([0, TCP, tcp.length >>> 8, tcp.length & 255]),
  ]);
  tcp.writeUInt16BE(checksum([pseudo, tcp]), 16);
  return Buffer.concat([
    from.address.length === 4 ? ipv4(segment, tcp.length) : ipv6(segment, tcp.length),
    tcp,
  ]);
}

function tcpSegment({ from, to, flags, sequence, acknowledged, data }: Segment): Buffer {
  const options = (flags & SYN) === 0 ? Buffer.alloc(0) : SYN_OPTIONS;
  const head = Buffer.alloc(20);
  head.writeUInt16BE(from.port, 0);
  head.writeUInt16BE(to.port, 2);
  head.writeUInt32BE(sequence, 4);
  head.writeUInt32BE((flags & ACK) === 0 ? 0 : acknowledged, 8);
  head.writeUInt8(((20 + options.length) / 4) << 4, 12);
  head.writeUInt8(flags, 13);
  head.writeUInt16BE(WINDOW, 14);
  return Buffer.concat([head, options, data]);
}

function ipv4({ from, to }: Segment, length: number): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt8(0x45, 0);
  head.writeUInt16BE(20 + length, 2);
  head.writeUInt16BE(0x4000, 6); // don't fragment
  head.writeUInt8(TTL, 8);
  head.writeUInt8(TCP, 9);
  from.address.copy(head, 12);
  to.address.copy(head, 16);
  head.writeUInt16BE(checksum([head]), 10);
  return head;
}

function ipv6({ from, to }: Segment, length: number): Buffer {
  const head = Buffer.alloc(40);
  head.writeUInt8(0x60, 0);
  head.writeUInt16BE(length, 4);
  head.writeUInt8(TCP, 6);
  head.writeUInt8(TTL, 7);
  from.address.copy(head, 8);
  to.address.copy(head, 24);
  return head;
}

/** RFC 1071. All parts but the last have an even length. */
function checksum(parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) {
    const even = part.length & ~1;
    for (let at = 0; at < even; at += 2) sum += ((part[at] ?? 0) << 8) | (part[at + 1] ?? 0);
    if (even < part.length) sum += (part[even] ?? 0) << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** The bytes of an address as text; undefined where it is none. */
export function addressBytes(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split(".").map(Number));
  if (!isIPv6(text)) return undefined;
  const plain = (text.split("%")[0] ?? "").replace(/[\d.]+$/, (end) =>
    end.includes(".") ? hexPairs(end) : end,
  );
  const [front = "", back] = plain.split("::");
  const head = groups(front);
  const tail = groups(back ?? "");
  const zeros = Array.from({ length: back === undefined ? 0 : 8 - head.length - tail.length }, () => 0);
  return Buffer.from([...head, ...zeros, ...tail].flatMap((group) => [group >>> 8, group & 255]));
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => parseInt(group, 16));
}

function hexPairs(ipv4Text: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4Text.split(".").map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
