/** Bytes of packets that may wait for a secret. */
const MAX_HELD = 262_144;
/** The last line of a handshake as its server logs it: of TLS 1.3, and of TLS 1.2. */
const LAST_LINE = /^(CLIENT_TRAFFIC_SECRET_0|CLIENT_RANDOM) /;

/**
 * Keeps the packets of a stream back until its secrets are known. A server has the last of them only when it has read
 * the client's first data, and readers of the file cannot decrypt a packet whose secret comes behind it.
 */
export class SecretHold {
  private readonly release: (packets: readonly Buffer[], secrets: string) => void;
  private packets: Buffer[] = [];
  private secrets = "";
  private bytes = 0;
  private isOpen: boolean;

  /** @param isExpected whether there will be secrets; otherwise nothing is kept back */
  constructor(isExpected: boolean, release: (packets: readonly Buffer[], secrets: string) => void) {
    this.isOpen = !isExpected;
    this.release = release;
  }

  packet(block: Buffer): void {
    this.packets.push(block);
    this.bytes += block.length;
    if (this.isOpen || this.bytes > MAX_HELD) this.flush();
  }

  secret(line: string): void {
    this.secrets += `${line}\n`;
    if (this.isOpen || LAST_LINE.test(line)) this.flush();
  }

  /** No more is kept back. */
  flush(): void {
    const { packets, secrets } = this;
    this.isOpen = true;
    this.packets = [];
    this.secrets = "";
    this.bytes = 0;
    if (packets.length > 0 || secrets !== "") this.release(packets, secrets);
  }
}
