import { randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import type * as Library from "@peculiar/x509";
import { MayflyError } from "../../foundation/index.ts";

const DAY = 86_400_000;
const KEY = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
/** Certificates kept; the one unused for longest goes first. */
const MAX_CERTIFICATES = 256;
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
/** X.520 gives a common name no more. */
const MAX_COMMON_NAME = 64;

/** Certificate and key of a TLS server, as PEM. */
export interface ServerIdentity {
  readonly cert: string;
  readonly key: string;
}

interface Keys {
  readonly authority: webcrypto.CryptoKeyPair;
  /** One for all certificates of the task: whoever reads it in this process's memory could read the others too. */
  readonly leaf: webcrypto.CryptoKeyPair;
  readonly leafPem: string;
}

/**
 * A certificate authority that one task's guest trusts, and nobody else. Its key was made in this process's memory, is
 * never written, and cannot be exported.
 */
export class TaskAuthority {
  /** The authority's certificate, for the guest's trust store. */
  readonly certificatePem: string;
  private readonly library: typeof Library;
  private readonly certificate: Library.X509Certificate;
  private readonly cache = new Map<string, Promise<ServerIdentity>>();
  private keys: Keys | undefined;

  private constructor(library: typeof Library, certificate: Library.X509Certificate, keys: Keys) {
    this.library = library;
    this.certificate = certificate;
    this.certificatePem = certificate.toString("pem");
    this.keys = keys;
  }

  /** @param taskId goes into the authority's name, for whoever meets it in a log */
  static async create(taskId: string): Promise<TaskAuthority> {
    await import("reflect-metadata"); // the library's own parts look each other up through it
    const library = await import("@peculiar/x509");
    const { subtle } = webcrypto;
    const authority = await subtle.generateKey(KEY, false, ["sign", "verify"]);
    const leaf = await subtle.generateKey(KEY, true, ["sign", "verify"]);
    const leafPem = pem(new Uint8Array(await subtle.exportKey("pkcs8", leaf.privateKey)));
    const { KeyUsageFlags } = library;
    const certificate = await library.X509CertificateGenerator.createSelfSigned(
      {
        serialNumber: serialNumber(),
        name: [{ CN: [`Mayfly task ${taskId}`] }],
        ...validity(),
        keys: authority,
        signingAlgorithm: KEY,
        extensions: [
          new library.BasicConstraintsExtension(true, 0, true),
          new library.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
          await library.SubjectKeyIdentifierExtension.create(authority.publicKey, false, webcrypto),
        ],
      },
      webcrypto,
    );
    return new TaskAuthority(library, certificate, { authority, leaf, leafPem });
  }

  /**
   * What a TLS server needs to be `name`: a host name in lower case, or an IP address.
   * @throws E_CLOSED after `destroy`; E_INTERNAL where `name` is neither
   */
  async identityOf(name: string): Promise<ServerIdentity> {
    const keys = this.keys;
    if (keys === undefined) throw new MayflyError("E_CLOSED", "The task's certificate authority is gone");
    if (isIP(name) === 0 && !HOST_NAME.test(name)) {
      throw new MayflyError("E_INTERNAL", "A certificate was wanted for what is no host name");
    }
    const made = this.cache.get(name) ?? this.issue(name, keys);
    this.cache.delete(name);
    this.cache.set(name, made); // now the youngest
    for (const oldest of this.cache.keys()) {
      if (this.cache.size <= MAX_CERTIFICATES) break;
      this.cache.delete(oldest);
    }
    return await made;
  }

  /** Forgets keys and certificates. Streams that are open keep what they use until they end. */
  destroy(): void {
    this.keys = undefined;
    this.cache.clear();
  }

  private async issue(name: string, { authority, leaf, leafPem }: Keys): Promise<ServerIdentity> {
    const { library } = this;
    const certificate = await library.X509CertificateGenerator.create(
      {
        serialNumber: serialNumber(),
        subject: name.length > MAX_COMMON_NAME ? [{ O: ["Mayfly"] }] : [{ CN: [name] }],
        issuer: this.certificate.subjectName,
        ...validity(),
        publicKey: leaf.publicKey,
        signingKey: authority.privateKey,
        signingAlgorithm: KEY,
        extensions: [
          new library.BasicConstraintsExtension(false, undefined, true),
          new library.KeyUsagesExtension(library.KeyUsageFlags.digitalSignature, true),
          new library.ExtendedKeyUsageExtension([library.ExtendedKeyUsage.serverAuth]),
          new library.SubjectAlternativeNameExtension([
            { type: isIP(name) === 0 ? "dns" : "ip", value: name },
          ]),
          await library.SubjectKeyIdentifierExtension.create(leaf.publicKey, false, webcrypto),
          await library.AuthorityKeyIdentifierExtension.create(authority.publicKey, false, webcrypto),
        ],
      },
      webcrypto,
    );
    return { cert: certificate.toString("pem"), key: leafPem };
  }
}

/** From a day ago, for guests whose clock is behind, to a week ahead. */
function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - DAY), notAfter: new Date(now + 7 * DAY) };
}

/** 16 random bytes in hexadecimal, positive as RFC 5280 §4.1.2.2 wants it. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}
