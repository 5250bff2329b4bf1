/** What every event of the witness has. Its word, not a fact: a guest that is taken over can lie, or say nothing. */
interface Seen {
  /** Milliseconds since the task began, by the guest's clock; below 0 never. */
  readonly at: number;
  /** Process in the guest that did it; 0 where the witness could not tell. */
  readonly pid: number;
}

/** Where the program of an `exec` came from. */
export type ProgramOrigin =
  /** A file of the image that nobody changed. */
  | "image"
  /** A file that was made or changed in this micro-VM, or an input. */
  | "changed"
  /** No file: memory (memfd), or one that is deleted. */
  | "memory";

export interface ExecEvent extends Seen {
  readonly kind: "exec";
  /** Path of the program. */
  readonly program: string;
  /** Words of its command line, cut off after 4,096 bytes in all. */
  readonly argv: readonly string[];
  /** Bytes of the whole command line. */
  readonly argvBytes: number;
  /** User id that it runs as. */
  readonly user: number;
  readonly origin: ProgramOrigin;
  /** SHA-256, hex; undefined where nobody could read it in time. */
  readonly sha256: string | undefined;
}

export interface ForkEvent extends Seen {
  readonly kind: "fork";
  readonly child: number;
}

/** Exactly one of `code` and `signal` is there. */
export interface ExitEvent extends Seen {
  readonly kind: "exit";
  readonly code: number | undefined;
  readonly signal: number | undefined;
}

export interface FileEvent extends Seen {
  /** `executable`: it was given a mode that lets it be run. Repeated writes to one file by one process are one event. */
  readonly kind: "create" | "write" | "delete" | "executable";
  readonly path: string;
}

export interface RenameEvent extends Seen {
  readonly kind: "rename" | "link";
  readonly path: string;
  readonly to: string;
}

export interface ListenEvent extends Seen {
  readonly kind: "listen";
  readonly protocol: "tcp" | "udp" | "unix";
  /** An address, or the path of a unix socket. */
  readonly address: string;
  /** 0 for unix sockets. */
  readonly port: number;
}

/** A change of users or rights that was asked for. */
export interface CredentialsEvent extends Seen {
  readonly kind: "credentials";
  /** System call, or `exec` for a program with setuid. */
  readonly call: string;
  /** User id before and after. */
  readonly from: number;
  readonly to: number;
}

/** A system call that ordinary programs have little need of. */
export interface CallEvent extends Seen {
  readonly kind: "call";
  /** `ptrace`, `memfd_create`, `finit_module`, `mount`, `bpf`, `unshare`, `process_vm_writev` and so on. */
  readonly call: string;
  /** Its telling arguments, for people and rules: `target=12 request=attach`, `name=x`, `source=tmpfs target=/mnt type=tmpfs`. */
  readonly detail: string;
  readonly succeeded: boolean;
}

/** Strings are neutralised. */
export type WitnessEvent =
  ExecEvent | ForkEvent | ExitEvent | FileEvent | RenameEvent | ListenEvent | CredentialsEvent | CallEvent;

/** All that the witness said, and what it did not. */
export interface WitnessRecord {
  /** `absent`: there was none, or it said nothing. `incomplete`: something is missing; `missing` says what and why. */
  readonly state: "complete" | "incomplete" | "absent";
  /** A sentence each, for people. That some programs have no digest is said of a complete record, too. */
  readonly missing: readonly string[];
  /** Events that were lost in the guest, by its own count. */
  readonly lost: number;
  /**
   * Events over what is kept of their class: counted, not shown. The guest counts those that it holds back as its kernel
   * meets them, so some might never have been told; those that were sent all the same the host counts itself.
   */
  readonly omitted: number;
  /** In the order of `at`; at most 20,000. */
  readonly events: readonly WitnessEvent[];
}

export const NO_WITNESS: WitnessRecord = {
  state: "absent",
  missing: [],
  lost: 0,
  omitted: 0,
  events: [],
};
