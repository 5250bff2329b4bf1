import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";

const TYPE_A = 1;
const TYPE_AAAA = 28;

/** What a name has: addresses, or a function that says so anew each time. */
export type Answers = Readonly<Record<string, readonly string[] | (() => readonly string[])>>;

/** A DNS server on loopback that knows only the names it is given, with TTL 0. */
export class DnsServer {
  /** Names that were asked for, in order. */
  readonly asked: string[] = [];
  /** Names whose AAAA is never answered, and how often it was asked for. */
  readonly silent = new Map<string, number>();
  /** Name to addresses; may be changed while it runs. `*` stands for all others. */
  readonly names = new Map<string, readonly string[] | (() => readonly string[])>();
  readonly #socket: Socket = createSocket("udp4");

  private constructor(names: Answers) {
    for (const [name, addresses] of Object.entries(names)) this.names.set(name, addresses);
    this.#socket.on("message", (message, from) => {
      this.#answer(message, from);
    });
  }

  static async start(names: Answers = {}): Promise<DnsServer> {
    const server = new DnsServer(names);
    server.#socket.bind(0, "127.0.0.1");
    await once(server.#socket, "listening");
    return server;
  }

  /** As `Mayfly.open({ dns: [here] })` takes it. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  close(): void {
    this.#socket.close();
  }

  #answer(message: Buffer, { address, port }: RemoteInfo): void {
    const labels: string[] = [];
    let at = 12;
    for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
      labels.push(message.toString("latin1", at + 1, at + 1 + length));
      at += 1 + length;
    }
    const type = message.readUInt16BE(at + 1);
    const question = message.subarray(12, at + 5);
    const name = labels.join(".").toLowerCase();
    if (type === TYPE_A) this.asked.push(name);
    const times = this.silent.get(name);
    if (type === TYPE_AAAA && times !== undefined) {
      this.silent.set(name, times + 1);
      return;
    }
    const known = this.names.get(name) ?? this.names.get("*");
    const has = typeof known === "function" ? (type === TYPE_A ? known() : []) : (known ?? []);
    const records = has
      .filter((each) => each.includes(":") === (type === TYPE_AAAA))
      .filter(() => type === TYPE_A || type === TYPE_AAAA)
      .map((each) => record(type, bytesOf(each)));
    const head = Buffer.alloc(12);
    message.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | (known === undefined ? 3 : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    this.#socket.send(Buffer.concat([head, question, ...records]), port, address);
  }
}

function record(type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(12);
  fixed.writeUInt16BE(0xc00c, 0); // the name of the question
  fixed.writeUInt16BE(type, 2);
  fixed.writeUInt16BE(1, 4);
  fixed.writeUInt32BE(0, 6); // TTL
  fixed.writeUInt16BE(data.length, 10);
  return Buffer.concat([fixed, data]);
}

function bytesOf(address: string): Buffer {
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number));
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const [a = 0, b = 0, c = 0, d = 0] = (dotted?.slice(2) ?? []).map(Number);
  const plain =
    dotted === null ? address : `${dotted[1]}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  const [left = "", right] = plain.split("::");
  const words = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((word) => Number.parseInt(word, 16));
  const [head, tail] = [words(left), words(right ?? "")];
  const all = [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  const bytes = Buffer.alloc(16);
  for (const [i, word] of all.entries()) bytes.writeUInt16BE(word, i * 2);
  return bytes;
}
