import { buffer } from "node:stream/consumers";
import type { AgentConnection } from "../channel/index.ts";
import { isMayflyError } from "../foundation/index.ts";

/** Debian's bundle, which OpenSSL's users, GnuTLS's and Python's requests read (ca-certificates, update-ca-certificates(8)). */
const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";
/** For programs that bring roots of their own: OpenSSL's and Python's, requests', pip's, curl's, git's and Node's variables. */
const VARIABLES = [
  "SSL_CERT_FILE",
  "REQUESTS_CA_BUNDLE",
  "PIP_CERT",
  "CURL_CA_BUNDLE",
  "GIT_SSL_CAINFO",
  "NODE_EXTRA_CA_CERTS",
];

/**
 * Adds a certificate authority to those that the guest trusts: in this fork only, gone with it.
 * @param certificate PEM
 * @returns variables for the task's programs
 */
export async function trustAuthority(
  agent: AgentConnection,
  certificate: string,
): Promise<Readonly<Record<string, string>>> {
  const roots = await rootsOf(agent);
  const content = Buffer.concat([roots, Buffer.from(`\n${certificate.trim()}\n`)]);
  await agent.put({ path: BUNDLE, mode: 0o644, owner: "", makeParents: true }, content);
  return Object.fromEntries(VARIABLES.map((name) => [name, BUNDLE]));
}

/** A machine without roots trusts nobody but the new one. */
async function rootsOf(agent: AgentConnection): Promise<Buffer> {
  try {
    return await buffer(agent.get(BUNDLE));
  } catch (cause) {
    if (isMayflyError(cause, "E_FILE_IN_GUEST")) return Buffer.alloc(0);
    throw cause;
  }
}
