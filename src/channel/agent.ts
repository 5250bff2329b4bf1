import type { Duplex, Readable } from "node:stream";
import { EVENT_MEMORY, IDENTITY, LIMITS, POWEROFF, SEAL, unsendable } from "../contract/agent/index.ts";
import type { GuestEntry, ListingLimits } from "../contract/agent/index.ts";
import type { MayflyError } from "../foundation/index.ts";
import { call } from "./call.ts";
import { connect, type ConnectTarget } from "./connect.ts";
import { Connection, type Greeting } from "./connection.ts";
import { get } from "./get.ts";
import { list } from "./list.ts";
import type { GuestLookup, OutwardStream, OutwardTarget } from "./outward.ts";
import { ProcessStream, type ExecRequest, type GuestProcess } from "./process.ts";
import { put, type NewGuestFile } from "./put.ts";
import { WitnessStream, type GuestWitness, type WitnessOptions } from "./witness.ts";

/** What makes a fork unlike its siblings. */
export interface IdentityRequest {
  /** Wall clock in nanoseconds since 1970. */
  readonly realtime: bigint;
  readonly hostname: string;
  /** 32 hexadecimal digits. */
  readonly machineId: string;
  /** A UUID. */
  readonly bootId: string;
  /** 32 … 512 fresh random bytes for the kernel's pool. */
  readonly entropy: Uint8Array;
}

/** The guest ran into a limit, `count` times so far as it says. */
export interface GuestEvent {
  readonly kind: "memory" | "processes";
  readonly count: number;
}

/**
 * The agent of one micro-VM. `hello` comes first and `identify` second; nothing need be awaited before the next call,
 * and what is called in one turn of the event loop is sent in one write. Every call rejects with the reason when the
 * connection ends; a guest that breaks the protocol ends it with E_GUEST_PROTOCOL. There are no deadlines here: a
 * silent guest is the caller's to give up, by `destroy`.
 */
export interface AgentConnection {
  /** Resolves when the agent is ready. Rejects with E_GUEST_REFUSED where it speaks no version that this host knows. */
  hello(): Promise<Greeting>;
  identify(identity: IdentityRequest): Promise<void>;
  /** For all that `exec` starts afterwards, together; 0 is no limit. */
  limits(limits: { memoryBytes: number; processes: number }): Promise<void>;
  /** Makes a mount point read-only. */
  seal(path: string): Promise<void>;
  /** Throws E_USAGE where the request does not fit the wire; what the guest says comes by `exit`. */
  exec(request: ExecRequest): GuestProcess;
  /** Writes a file, whole or not at all. Rejects with E_FILE_IN_GUEST, or E_INPUT_UNREADABLE where `content` fails. */
  put(file: NewGuestFile, content: Readable | Uint8Array): Promise<void>;
  /** Reads a regular file; the stream errors with E_FILE_IN_GUEST. */
  get(path: string): Readable;
  /** Everything below a directory. Rejects with E_FILE_IN_GUEST, or E_LIMIT where it is over the limits. */
  list(path: string, limits: ListingLimits): Promise<readonly GuestEntry[]>;
  /** Connects to a server in the guest; rejects with E_GUEST_REFUSED. Each direction ends on its own. */
  connect(target: ConnectTarget): Promise<Duplex>;
  /** Watches the guest from now on. One at a time; a guest that cannot be watched says so in the record. */
  witness(options?: WitnessOptions): GuestWitness;
  powerOff(): void;
  /** Not called for one connection more than 65,536 times. */
  onEvent(listener: (event: GuestEvent) => void): void;
  /**
   * Programs connect to other machines. Without a listener every stream is refused; the one listener replaces an
   * earlier one. It must use the stream's `duplex`, or refuse it, or destroy it: at most 4,096 are open at a time.
   */
  onOutward(listener: (stream: OutwardStream) => void): void;
  /**
   * Connections that were refused here because the guest has 4,096 open. An honest agent refuses them itself, and tells
   * nobody. The one listener replaces an earlier one.
   */
  onBeyond(listener: (asked: OutwardTarget) => void): void;
  /** Each name once that programs ask for, at most 4,096. The one listener replaces an earlier one. */
  onLookup(listener: (lookup: GuestLookup) => void): void;
  /** Settles when the connection has ended, with why; undefined after `powerOff`. Never rejects. */
  readonly closed: Promise<MayflyError | undefined>;
  /** Ends the connection now and rejects every pending call with `reason`. The first reason stays. */
  destroy(reason: MayflyError): void;
}

/** Speaks to the agent at the other end of `socket`, and owns `socket` from now on. Sends nothing before `hello`. */
export function connectAgent(socket: Duplex): AgentConnection {
  return new Agent(socket);
}

class Agent implements AgentConnection {
  private readonly connection: Connection;
  private readonly eventListeners: ((event: GuestEvent) => void)[] = [];
  private outwardListener: (stream: OutwardStream) => void = (stream) => {
    stream.refuse("");
  };
  private beyondListener: (asked: OutwardTarget) => void = () => undefined;
  private lookupListener: (lookup: GuestLookup) => void = () => undefined;

  constructor(socket: Duplex) {
    this.connection = new Connection(socket, {
      event: ({ body: { kind, count } }) => {
        const event = { kind: kind === EVENT_MEMORY ? "memory" : "processes", count } as const;
        for (const listener of this.eventListeners) listener(event);
      },
      lookup: ({ body }) => {
        this.lookupListener(body);
      },
      outward: (stream) => {
        this.outwardListener(stream);
      },
      beyond: (asked) => {
        this.beyondListener(asked);
      },
    });
  }

  get closed(): Promise<MayflyError | undefined> {
    return this.connection.closed;
  }

  async hello(): Promise<Greeting> {
    return await this.connection.hello();
  }

  async identify(identity: IdentityRequest): Promise<void> {
    await call(this.connection, { about: "agent", what: "take its identity" }, (stream) =>
      IDENTITY.encode(stream, identity),
    );
  }

  async limits({ memoryBytes, processes }: { memoryBytes: number; processes: number }): Promise<void> {
    if (!Number.isSafeInteger(memoryBytes)) throw unsendable(`a memory limit of ${memoryBytes} bytes`);
    await call(this.connection, { about: "agent", what: "set the limits" }, (stream) =>
      LIMITS.encode(stream, { memoryBytes: BigInt(memoryBytes), processes }),
    );
  }

  async seal(path: string): Promise<void> {
    await call(this.connection, { about: "agent", what: `make ${path} read-only` }, (stream) =>
      SEAL.encode(stream, { path }),
    );
  }

  exec(request: ExecRequest): GuestProcess {
    return new ProcessStream(this.connection, request);
  }

  async put(file: NewGuestFile, content: Readable | Uint8Array): Promise<void> {
    await put(this.connection, file, content);
  }

  get(path: string): Readable {
    return get(this.connection, path);
  }

  async list(path: string, limits: ListingLimits): Promise<readonly GuestEntry[]> {
    return await list(this.connection, path, limits);
  }

  async connect(target: ConnectTarget): Promise<Duplex> {
    return await connect(this.connection, target);
  }

  witness(options: WitnessOptions = {}): GuestWitness {
    return new WitnessStream(this.connection, options);
  }

  powerOff(): void {
    this.connection.expectEnd();
    this.connection.send(POWEROFF.encode(0, {}));
  }

  onEvent(listener: (event: GuestEvent) => void): void {
    this.eventListeners.push(listener);
  }

  onOutward(listener: (stream: OutwardStream) => void): void {
    this.outwardListener = listener;
  }

  onBeyond(listener: (asked: OutwardTarget) => void): void {
    this.beyondListener = listener;
  }

  onLookup(listener: (lookup: GuestLookup) => void): void {
    this.lookupListener = listener;
  }

  destroy(reason: MayflyError): void {
    this.connection.end(reason);
  }
}
