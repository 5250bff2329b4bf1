import { X509Certificate } from "node:crypto";
import { MayflyError, attempt } from "../foundation/index.ts";

/** @throws E_USAGE for what is no certificate: it would be passed over in silence, and every server distrusted */
export function requireCertificates(roots: readonly string[]): void {
  for (const [i, root] of roots.entries()) {
    if (attempt(() => new X509Certificate(root), "told below") !== undefined) continue;
    throw new MayflyError("E_USAGE", `roots[${i}] is no certificate`, {
      next: "Give the text of PEM files, which begins with -----BEGIN CERTIFICATE-----, not their paths.",
    });
  }
}
