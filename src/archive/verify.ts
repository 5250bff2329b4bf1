import type { SignedReport } from "../contract/index.ts";
import { unseal } from "./sign.ts";
import { SigningKey, fingerprint } from "./signing-key.ts";
import { stateDirectory } from "./state-directory.ts";

/** A report that is, byte for byte, what somebody signed. */
export interface VerifiedReport {
  readonly signed: SignedReport;
  /** Of the key that signed it: `SHA256:…`. */
  readonly fingerprint: string;
  /** `own`: by this installation. `other`: anybody can make a key, so it says nothing until you know whose it is. */
  readonly signer: "own" | "other";
}

/** @throws E_BAD_REPORT, E_REPORT_CHANGED, E_STORE_UNWRITABLE where this installation's own key cannot be read */
export function verifySigned(bytes: Buffer, state = stateDirectory()): VerifiedReport {
  const signed = unseal(bytes);
  const { key } = signed.receipt;
  const signer = key === SigningKey.publicKeyIn(state) ? "own" : "other";
  return { signed, fingerprint: fingerprint(key), signer };
}
