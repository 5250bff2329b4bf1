import { createHash, createPublicKey, verify } from "node:crypto";
import type { Receipt, Report, SignedReport } from "../contract/index.ts";
import { MayflyError, attempt } from "../foundation/index.ts";
import { canonicalJson, decodeSignedReport, requireReportSize } from "../report/index.ts";
import type { SigningKey } from "./signing-key.ts";

/** A report as it is stored and handed out: one line of canonical JSON, receipt and report. */
export interface SealedReport {
  readonly signed: SignedReport;
  readonly bytes: Buffer;
}

export function seal(report: Report, key: SigningKey): SealedReport {
  const text = canonicalJson(report);
  const bytes = Buffer.from(text);
  const receipt: Receipt = {
    algorithm: "ed25519",
    sha256: digest(bytes),
    key: key.publicKey,
    signature: key.sign(bytes),
  };
  return { signed: { report, receipt }, bytes: wrap(receipt, text) };
}

/** What a receipt and a report's canonical text look like together: canonical too, as `receipt` sorts before `report`. */
function wrap(receipt: Receipt, report: string): Buffer {
  return Buffer.from(`{"receipt":${canonicalJson(receipt)},"report":${report}}\n`);
}

/**
 * Reads a signed report and checks that it is, byte for byte, what the key in its receipt signed. Whose key that is,
 * the caller must ask.
 * @throws E_BAD_REPORT for what is none, E_REPORT_CHANGED where anything differs
 */
export function unseal(bytes: Buffer): SignedReport {
  requireReportSize(bytes.length);
  const text = attempt(
    () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
    "told below",
  );
  if (text === undefined) throw changed("it is no longer UTF-8 text");
  const signed = decodeSignedReport(text);
  const { receipt, report } = JSON.parse(text) as SignedReport;
  const canonical = attempt(() => canonicalJson(report), "lone surrogates have no canonical form") ?? "";
  const { algorithm, sha256, key, signature } = receipt;
  if (!wrap({ algorithm, sha256, key, signature }, canonical).equals(bytes))
    throw changed("it is not written as Mayfly writes it");
  if (digest(Buffer.from(canonical)) !== sha256) throw changed("its digest is another");
  if (!isSignedBy(receipt, Buffer.from(canonical))) throw changed("its signature does not fit");
  return signed;
}

/** Base64 that decodes to the same bytes but is written otherwise is a change too. */
function isSignedBy({ key, signature }: Receipt, bytes: Buffer): boolean {
  const [keyBytes, signatureBytes] = [Buffer.from(key, "base64"), Buffer.from(signature, "base64")];
  if (keyBytes.toString("base64") !== key || signatureBytes.toString("base64") !== signature) return false;
  const publicKey = attempt(
    () => createPublicKey({ key: keyBytes, type: "spki", format: "der" }),
    "then nobody signed it",
  );
  if (publicKey?.asymmetricKeyType !== "ed25519") return false;
  // The same key may be written with more bytes after it.
  if (!publicKey.export({ type: "spki", format: "der" }).equals(keyBytes)) return false;
  return attempt(() => verify(null, bytes, publicKey, signatureBytes), "then it does not fit") === true;
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function changed(why: string): MayflyError {
  return new MayflyError("E_REPORT_CHANGED", `The report is not what was signed: ${why}`, {
    next: "A report is whole only byte for byte: an editor, or a tool that formats JSON, breaks it.",
  });
}
