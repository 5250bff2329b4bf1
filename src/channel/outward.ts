import type { Duplex } from "node:stream";
import { OUTWARD_CREDIT, violation, type GuestMessage } from "../contract/agent/index.ts";
import { MayflyError, type Untrusted } from "../foundation/index.ts";
import type { StreamHandler, StreamMessage } from "./multiplexer.ts";
import { Pipe } from "./pipe.ts";
import type { StreamOwner } from "./stream-owner.ts";

/** A program in the guest, as the guest says. */
export interface GuestProgram {
  readonly pid: number;
  /** Of its executable file in the guest; empty where the guest does not know. */
  readonly path: Untrusted<string>;
}

/** A name that a program in the guest asked its resolver for. */
export interface GuestLookup {
  readonly name: Untrusted<string>;
  /** Of the Domain Name System: 1 is A, 28 AAAA. */
  readonly recordType: number;
}

/** What a program in the guest wants to connect to. */
export interface OutwardTarget {
  /** The name that was resolved in the guest, in lower case, or an address as text. */
  readonly host: Untrusted<string>;
  /** 0 … 65,535. */
  readonly port: number;
}

/**
 * A connection that a program in the guest opened to another machine. The program takes it for established: it may
 * have sent already, up to 65,536 bytes, and waits for an answer.
 */
export interface OutwardStream extends OutwardTarget {
  /**
   * The program's end. Each direction ends on its own; destroying it resets the program's connection. Errors with
   * E_CLOSED where the program or the guest breaks it off.
   */
  readonly duplex: Duplex;
  /** Resets the program's connection; `why` is for whoever reads the guest's side. Nothing once it is over. */
  refuse(why: string): void;
  /** Called once at most: the guest finds it out and may not; at once where it is known already. */
  onProgram(listener: (program: GuestProgram) => void): void;
}

/** What an outward stream needs of its connection. */
export interface OutwardOwner extends StreamOwner {
  readonly refuse: (stream: number, why: string) => void;
}

type Opening = Extract<GuestMessage, { type: "OUTWARD" }>;

export class GuestStream implements OutwardStream, StreamHandler {
  readonly host: Untrusted<string>;
  readonly port: number;
  private readonly owner: OutwardOwner;
  private readonly stream: number;
  private readonly pipe: Pipe;
  private program: GuestProgram | undefined;
  private listener: ((program: GuestProgram) => void) | undefined;

  constructor(owner: OutwardOwner, { stream, body }: Opening) {
    this.host = body.host;
    this.port = body.port;
    this.owner = owner;
    this.stream = stream;
    this.pipe = new Pipe(owner, { stream, credit: OUTWARD_CREDIT });
  }

  get duplex(): Duplex {
    return this.pipe.duplex;
  }

  refuse(why: string): void {
    if (!this.pipe.isOpen) return;
    this.owner.refuse(this.stream, why);
    this.pipe.fail(new MayflyError("E_CLOSED", "The connection was refused."));
  }

  onProgram(listener: (program: GuestProgram) => void): void {
    this.listener = listener;
    if (this.program !== undefined) listener(this.program);
  }

  receive(message: StreamMessage): void {
    if (message.type === "PROGRAM") this.onProgramFound(message.body);
    else if (message.type === "RESET" || message.type === "ERROR") this.fail(BROKEN_OFF());
    else if (!this.pipe.receive(message)) throw violation(`${message.type} on a stream of the guest`);
  }

  fail(reason: MayflyError): void {
    this.pipe.fail(reason);
  }

  private onProgramFound(program: GuestProgram): void {
    if (this.program !== undefined) throw violation(`a second PROGRAM on stream ${this.stream}`);
    this.program = program;
    this.listener?.(program);
  }
}

const BROKEN_OFF = (): MayflyError =>
  new MayflyError("E_CLOSED", "The program in the guest broke the connection off.");
