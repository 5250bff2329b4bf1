import type { Duplex } from "node:stream";
import type { SecureContext } from "node:tls";
import type { RequestWords } from "../http/index.ts";
import type { TaskAuthority } from "./task-authority.ts";

/** What a guest's client said when it began TLS. Not neutralised. */
export interface TlsWords {
  readonly serverName: string | undefined;
  readonly alpn: readonly string[];
}

/** What is told of a stream while it is inspected. None of these may throw. */
export interface InspectionListeners {
  /** A request, with its number from 0; not called for more than 1,000. Words are a guest's: neutralise them. */
  readonly onRequest?: ((number: number, request: RequestWords) => void) | undefined;
  /** The final status that the guest gets for it, from the server or from Mayfly. */
  readonly onResponse?: ((number: number, status: number) => void) | undefined;
  readonly onTls?: ((words: TlsWords) => void) | undefined;
  /** A line in NSS key log format, for the TLS between guest and Mayfly. */
  readonly onKeyLog?: ((line: string) => void) | undefined;
  /** Something went wrong, or was refused: one clause without words of the guest. At most 1,000. */
  readonly onFault?: ((why: string) => void) | undefined;
}

export interface InspectionOptions extends InspectionListeners {
  /** The stream of the guest. It is destroyed when the inspection is over. */
  readonly guest: Duplex;
  /** `name`: a host name in lower case without a last dot, or an IP address as text. */
  readonly target: { readonly name: string; readonly port: number };
  /** Opens the one connection to the real server: raw, TLS is put on it here. Called at most once. */
  readonly dial: () => Promise<Duplex>;
  /** Ends TLS on both sides; undefined: plain HTTP on both sides. */
  readonly authority?: TaskAuthority | undefined;
  /** Whom to trust as the real server; default: Node's roots. `trustedRoots` makes one. */
  readonly trust?: SecureContext | undefined;
  /** Headers that replace the guest's in each request. Their values are secret. */
  readonly inject?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds that a guest may take to begin and finish a request's head; default 60,000. */
  readonly headTimeout?: number | undefined;
}
