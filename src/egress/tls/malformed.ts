/** Bytes that begin like TLS and break its rules. `why` is one clause made of our words and numbers. */
export interface Malformed {
  readonly kind: "malformed";
  readonly why: string;
}
