import { X509Certificate } from "node:crypto";
import { connect, createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { duplexPair } from "../../../test/support/duplex-pair.ts";
import { TaskAuthority } from "./task-authority.ts";

const DAY = 86_400_000;

describe("TaskAuthority", () => {
  it("is an authority for a week, of which nothing but the certificate comes out", async () => {
    const authority = await TaskAuthority.create("m0123456789ab");
    const certificate = new X509Certificate(authority.certificatePem);
    expect(certificate.subject).toBe("CN=Mayfly task m0123456789ab");
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
    expect(Math.abs(Date.parse(certificate.validFrom) + DAY - Date.now())).toBeLessThan(DAY / 2);
    expect(Math.abs(Date.parse(certificate.validTo) - 7 * DAY - Date.now())).toBeLessThan(DAY / 2);
    expect(authority.certificatePem).not.toContain("PRIVATE");
  });

  it.each(["docs.example.org", "127.0.0.1", "::1", `${"a".repeat(60)}.${"b".repeat(60)}.example`])(
    "makes %s believed by whoever trusts it, and by nobody else",
    async (name) => {
      const authority = await TaskAuthority.create("m0123456789ab");
      const context = createSecureContext(await authority.identityOf(name));
      expect(await isBelieved(name, { context, ca: authority.certificatePem })).toBe(true);
      const other = await TaskAuthority.create("m0123456789ab");
      expect(await isBelieved(name, { context, ca: other.certificatePem })).toBe(false);
      expect(await isBelieved("other.example", { context, ca: authority.certificatePem })).toBe(false);
    },
  );

  it("keeps certificates, forgets the oldest, and gives none once destroyed", async () => {
    const authority = await TaskAuthority.create("m0123456789ab");
    const first = await authority.identityOf("a.example");
    expect(await authority.identityOf("a.example")).toBe(first);
    for (let n = 0; n < 256; n++) await authority.identityOf(`n${n}.example`);
    expect(await authority.identityOf("a.example")).not.toBe(first);
    authority.destroy();
    await expect(authority.identityOf("a.example")).rejects.toMatchObject({ code: "E_CLOSED" });
  });

  it.each(["", "A.example", "*.example", "a..b", "a b", "a\0.example", `${"a".repeat(64)}.example`])(
    "makes none for %j",
    async (name) => {
      const authority = await TaskAuthority.create("m0123456789ab");
      await expect(authority.identityOf(name)).rejects.toMatchObject({ code: "E_INTERNAL" });
    },
  );
});

/** Whether a client that trusts `ca` takes a server with `context` for `name`. */
async function isBelieved(
  name: string,
  { context, ca }: { context: SecureContext; ca: string },
): Promise<boolean> {
  const [near, far] = duplexPair();
  const server = new TLSSocket(far, { isServer: true, secureContext: context });
  server.on("error", () => undefined);
  const client = connect({ socket: near, host: name, ca });
  return (await new Promise((resolve) => {
    client.on("secureConnect", () => {
      resolve(client.authorized);
    });
    client.on("error", () => {
      resolve(false);
    });
  }).finally(() => {
    client.destroy();
    server.destroy();
  })) as boolean;
}
