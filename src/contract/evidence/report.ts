import type { SpokenProtocol } from "../network-policy.ts";
import type { TaskResult } from "../result.ts";
import type { Finding } from "./finding.ts";
import type { MemoryRecord } from "./memory.ts";
import type { StoredResources } from "./resources.ts";
import type { WitnessRecord } from "./witness.ts";

/** What the policy allowed, and what of it was touched. One line each, for people. */
export interface GrantedItem {
  /** `network.allow[0] "example.org:443"`, `input data.csv`, `limit memory`. */
  readonly what: string;
  readonly granted: string;
  /** Empty where it was not used. */
  readonly used: string;
}

/** A rule of the network policy as the task had it, so that a smaller one can be made of it. Never has a secret in it. */
export interface GrantedRule {
  readonly list: "allow" | "private";
  /** As a stream's `decision.rule` names it: `network.allow[1] "*.example.org" (policy.yaml:4)`. */
  readonly rule: string;
  /** As the policy writes it: `*.example.org`. */
  readonly to: string;
  readonly protocol?: SpokenProtocol | undefined;
  readonly tls: "required" | undefined;
  readonly inspect: boolean;
  readonly inject: readonly InjectedHeader[];
}

/** A header that the host put into requests, and where its value came from: for a literal, nothing more is said. */
export interface InjectedHeader {
  readonly header: string;
  readonly from: "literal" | { readonly env: string } | { readonly file: string };
}

/** Who made the report, so that a reader years later knows what it is. */
export interface ReportOrigin {
  /** Mayfly's version. */
  readonly version: string;
  /** Engine and its version: `QEMU 7.2.22`. */
  readonly engine: string;
}

/** The document that tells what a task did, what it tried, what it changed, and that it is gone. */
export interface Report {
  /** Of this format. */
  readonly format: 1;
  readonly origin: ReportOrigin;
  /** What was asked for, neutralised, a word each: the command, or `open invoice.docx --as pdf` for a document. */
  readonly command: readonly string[];
  readonly result: TaskResult;
  readonly witness: WitnessRecord;
  readonly resources: StoredResources;
  readonly memory: MemoryRecord;
  /** Gravest first. */
  readonly findings: readonly Finding[];
  readonly granted: readonly GrantedItem[];
  /** Rules of the network policy, `deny` aside. */
  readonly rules: readonly GrantedRule[];
}

/** Signature over the exact bytes of a report, by the key of the installation that made it. */
export interface Receipt {
  readonly algorithm: "ed25519";
  /** SHA-256 of the report's bytes, hex. */
  readonly sha256: string;
  /** Public key, SPKI in base64. */
  readonly key: string;
  /** base64 */
  readonly signature: string;
}

/** What is stored and handed out: `mayfly report ID --format json`. The receipt covers `report` in canonical form (RFC 8785). */
export interface SignedReport {
  readonly report: Report;
  readonly receipt: Receipt;
}

/** What to do at a finding of this severity or above. */
export interface OnFinding {
  readonly severity: Finding["severity"];
  /** `kill` ends the task, `freeze` keeps its paused micro-VM for `mayfly inspect`, `continue` only tells. */
  readonly do: "kill" | "freeze" | "continue";
}
