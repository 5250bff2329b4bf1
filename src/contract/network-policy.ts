/** A value that never enters the guest. The text itself, or where Mayfly finds it when the task starts. */
export type Secret = string | { readonly env: string } | { readonly file: string };

/** What a stream may have to begin with: a ClientHello of TLS, or a request of HTTP/1 in plain text. */
export type SpokenProtocol = "http" | "tls";

/** One thing that may be connected to, and on which terms. */
export interface NetworkRule {
  /**
   * `example.org`, `example.org:443`, `*.example.org` (any name below it, not itself, and never a bare public suffix),
   * a public address (`1.1.1.1:443`, `[2606:4700:4700::1111]:443`), or a named set: `web`, `packages`.
   */
  readonly to: string;
  /** 1 … 65,535, or ranges such as `8000-8100`; default 80 and 443, unless `to` names one. */
  readonly ports?: readonly (number | string)[] | undefined;
  /** The stream must begin with this protocol; default: whatever it likes. */
  readonly protocol?: SpokenProtocol | undefined;
  /** `required`: the stream must begin with a TLS ClientHello whose server name is the name that was asked for. */
  readonly tls?: "required" | undefined;
  /** Ends TLS at the host, with a certificate that only this task's guest trusts, so that requests are recorded. */
  readonly inspect?: boolean | undefined;
  /** Headers put into each HTTP request by the host; over TLS this needs `inspect`. */
  readonly inject?: Readonly<Record<string, Secret>> | undefined;
}

/** What all streams of a task may use together. */
export interface NetworkBudget {
  /** Bytes from the guest to the outside. */
  readonly bytesOut?: number | undefined;
  /** Streams that may be opened in all. */
  readonly connections?: number | undefined;
  readonly connectionsPerSecond?: number | undefined;
}

/** Where a part of a policy was written, for people. */
export interface Place {
  /** `network.allow[1]`, or the option it came from. */
  readonly key: string;
  /** `policy.yaml:4`; undefined where there is no file. */
  readonly where?: string | undefined;
}

/** Place of what lies at a path that begins with `network`. */
export type Locate = (path: readonly (string | number)[]) => Place;

/** A policy, and where each part of it was written. */
export interface LocatedNetwork {
  readonly policy: NetworkPolicy;
  readonly locate: Locate;
}

/** What a task may reach. Default: nothing. */
export interface NetworkPolicy {
  /** The first that fits decides on which terms. A string is a rule with nothing but `to`. */
  readonly allow?: readonly (string | NetworkRule)[] | undefined;
  /** Refused even where `allow` has it; written as in `to`. */
  readonly deny?: readonly string[] | undefined;
  /** Private addresses that may be dialled, each with its port: `10.1.2.3:8443`, `[fd00::7]:443`. */
  readonly private?: readonly string[] | undefined;
  readonly budget?: NetworkBudget | undefined;
}
