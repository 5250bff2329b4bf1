import { randomInt } from "node:crypto";
import { GIB, neutralise } from "../../foundation/index.ts";
import { beginning, nameBlock, omissionBlock, packetBlock, secretsBlock } from "./block.ts";
import { CaptureFile } from "./capture-file.ts";
import { Conversation } from "./conversation.ts";
import { addressBytes } from "./packet.ts";
import { SecretHold } from "./secret-hold.ts";

/** A guest has no address; these stand for it. */
const GUEST_IPV4 = Buffer.from([10, 0, 2, 15]);
const GUEST_IPV6 = Buffer.from("fd000000000000000000000000000015", "hex");
/** Stands for a name that was never resolved: of TEST-NET-1, which is nobody's. */
const NOWHERE = Buffer.from([192, 0, 2, 1]);
const FIRST_PORT = 32_768;
const PORTS = 28_000;
const MAX_NAMES = 10_000;

/** One stream of the guest, to be captured. */
export interface CapturedTarget {
  /** The name that was asked for; a guest's words may be in it. */
  readonly name: string;
  /** The address that it was connected to, or would have been; undefined where it has none. */
  readonly address: string | undefined;
  readonly port: number;
  /** The guest's own port; default: one of our choice. */
  readonly guestPort?: number | undefined;
  /** Its TLS ends at Mayfly, so secrets will be told: what comes before them waits, some KiB of it. */
  readonly inspected?: boolean | undefined;
}

/** What happens on a stream, told as it happens. Its first call writes the connection's beginning. */
export interface CapturedStream {
  /** Connected, though nothing was said yet. */
  open(): void;
  fromGuest(bytes: Uint8Array): void;
  toGuest(bytes: Uint8Array): void;
  endGuest(): void;
  endHost(): void;
  /** It broke. @param by whose side; default: the host's */
  reset(by?: "guest" | "host"): void;
  /** It never came about. `why` is neutralised here. */
  refused(why: string): void;
  /** A line in NSS key log format. For streams that are `inspected`. */
  secret(line: string): void;
}

interface CaptureOptions {
  /** Bytes that the file may have, about; default 4 GiB. */
  readonly maxBytes?: number | undefined;
  /** First sequence number of both sides; for tests. */
  readonly firstSequence?: number | undefined;
}

/** A PCAPNG file made from streams: what a network card would have seen, if the guest had one. */
export class Capture {
  private readonly file: CaptureFile;
  private readonly options: CaptureOptions;
  private readonly named = new Set<string>();
  /** Of streams whose secrets are not known yet, or have been. */
  private readonly holds = new Set<SecretHold>();
  private streams = 0;
  private dropped = 0;
  private lastTime = 0;

  private constructor(file: CaptureFile, options: CaptureOptions) {
    this.file = file;
    this.options = options;
  }

  /** @throws E_OUTPUT_EXISTS, E_OUTPUT_WRITE */
  static async open(path: string, options: CaptureOptions = {}): Promise<Capture> {
    const file = await CaptureFile.create(path, options.maxBytes ?? 4 * GIB);
    file.append(beginning(), true);
    const capture = new Capture(file, options);
    capture.name(GUEST_IPV4, "guest");
    capture.name(GUEST_IPV6, "guest");
    return capture;
  }

  /** Whether the disk does not keep up: wait for `drained()` before you say more, or packets are left out. */
  get isBehind(): boolean {
    return this.file.isBehind;
  }

  /** Packets that were left out, as the file grew too large or the disk did not keep up. */
  get omitted(): number {
    return this.dropped;
  }

  async drained(): Promise<void> {
    await this.file.drained();
  }

  stream({ name, address, port, guestPort, inspected }: CapturedTarget): CapturedStream {
    const host = addressBytes(address ?? "") ?? NOWHERE;
    this.name(host, name);
    const guest = {
      address: host.length === 4 ? GUEST_IPV4 : GUEST_IPV6,
      port: guestPort ?? FIRST_PORT + (this.streams++ % PORTS),
    };
    const hold = this.hold(inspected === true);
    const ends = { guest, host: { address: host, port } };
    const conversation = new Conversation(ends, this.sequences(), (packet, comment) => {
      hold.packet(packetBlock(packet, this.now(), comment));
    });
    return capturedStream(conversation, hold, () => this.holds.delete(hold));
  }

  /** @throws E_OUTPUT_WRITE, E_DISK_FULL where something could not be written */
  async close(): Promise<void> {
    for (const hold of this.holds) hold.flush();
    if (this.dropped > 0) this.file.append(omissionBlock(this.dropped, this.now()), true);
    await this.file.close();
  }

  private hold(isExpected: boolean): SecretHold {
    const hold = new SecretHold(isExpected, (packets, secrets) => {
      if (secrets !== "") this.file.append(secretsBlock(secrets));
      for (const packet of packets) if (!this.file.append(packet)) this.dropped++;
    });
    if (isExpected) this.holds.add(hold);
    return hold;
  }

  private sequences(): { guest: number; host: number } {
    const first = this.options.firstSequence;
    return { guest: first ?? randomInt(2 ** 32), host: first ?? randomInt(2 ** 32) };
  }

  private name(address: Buffer, name: string): void {
    const shown = neutralise(name, 255);
    const key = `${address.toString("hex")} ${shown}`;
    if (this.named.has(key) || this.named.size >= MAX_NAMES || shown === "") return;
    this.named.add(key);
    this.file.append(nameBlock(address, shown));
  }

  /** µs since 1970, never before the last. */
  private now(): number {
    this.lastTime = Math.max(this.lastTime, Math.floor((performance.timeOrigin + performance.now()) * 1000));
    return this.lastTime;
  }
}

function capturedStream(conversation: Conversation, hold: SecretHold, over: () => void): CapturedStream {
  const end = (): void => {
    if (!conversation.isOver) return;
    hold.flush();
    over();
  };
  return {
    open: () => {
      conversation.begin();
    },
    fromGuest: (bytes) => {
      conversation.data("guest", bytes);
    },
    toGuest: (bytes) => {
      conversation.data("host", bytes);
    },
    endGuest: () => {
      conversation.end("guest");
      end();
    },
    endHost: () => {
      conversation.end("host");
      end();
    },
    reset: (by = "host") => {
      conversation.reset(by);
      end();
    },
    refused: (why) => {
      conversation.refuse(neutralise(why));
      end();
    },
    secret: (line) => {
      hold.secret(line);
    },
  };
}
