import {
  bothRules,
  type HttpRecord,
  type StreamDecision,
  type StreamEnd,
  type StreamRecord,
  type StreamTarget,
} from "../contract/index.ts";
import { neutralise, openUntrusted } from "../foundation/index.ts";
import type { AskingProgram } from "./asked-stream.ts";

const MOST_REQUESTS = 1_000;
const MOST_PROTOCOLS = 16;
const LONGEST_PATH = 1_024;

/** What a note asks and tells of whoever keeps it. */
interface NoteKeeper {
  /** Whether the task may have one more HTTP request in its record. */
  readonly mayRecord: () => boolean;
  /** Called once, when it has ended. */
  readonly onEnd?: () => void;
}

/** What becomes of one stream. All that a guest chose is neutralised on its way in. */
export class StreamNote {
  bytesOut = 0;
  bytesIn = 0;
  inspected = false;
  addresses: readonly string[] = [];
  connected: string | undefined;
  readonly #clock: () => number;
  readonly #keeper: NoteKeeper;
  readonly #at: number;
  readonly #http: HttpRecord[] = [];
  #target: StreamTarget;
  #program: string | undefined;
  #tls: StreamRecord["tls"];
  #decision: StreamDecision = { allowed: false, rule: undefined, reason: "nothing was decided yet" };
  #end: StreamEnd | undefined;
  #endedAt = 0;

  constructor(target: StreamTarget, clock: () => number, keeper: NoteKeeper) {
    this.#keeper = keeper;
    this.#target = target;
    this.#clock = clock;
    this.#at = Math.round(clock());
  }

  get target(): StreamTarget {
    return this.#target;
  }

  get decision(): StreamDecision {
    return this.#decision;
  }

  get program(): string | undefined {
    return this.#program;
  }

  /** The target as it was understood: lower case, punycode. */
  understood(host: string): void {
    this.#target = { ...this.#target, host };
  }

  askedBy({ pid, path }: AskingProgram): void {
    const program = neutralise(openUntrusted(path), LONGEST_PATH);
    this.#program = program === "" ? `process ${pid}` : `${program} (process ${pid})`;
  }

  /** What went wrong on an allowed stream: the first is told. */
  fault(why: string): void {
    if (this.#decision.reason === "") this.#decision = { ...this.#decision, reason: neutralise(why, 300) };
  }

  /** The rule that let its address through, besides the one that allowed its name. */
  allowedAlsoBy(rule: string): void {
    const { rule: first } = this.#decision;
    if (first !== rule)
      this.#decision = { ...this.#decision, rule: first === undefined ? rule : bothRules(first, rule) };
  }

  refuse(reason: string): void {
    this.#decision = { allowed: false, rule: undefined, reason };
    this.end("refused");
  }

  decide(decision: StreamDecision): void {
    this.#decision = decision;
  }

  tls({ serverName, alpn }: { serverName: string | undefined; alpn: readonly string[] }): void {
    this.#tls = {
      serverName: serverName === undefined ? undefined : neutralise(serverName, 255),
      alpn: alpn.slice(0, MOST_PROTOCOLS).map((each) => neutralise(each, 64)),
    };
  }

  /** Request number `index` of the stream; neutralised by whoever read it. @returns whether it has room */
  http(index: number, record: HttpRecord): boolean {
    const hasRoom = index < MOST_REQUESTS && this.#keeper.mayRecord();
    if (hasRoom) this.#http[index] = record;
    return hasRoom;
  }

  httpStatus(index: number, status: number): void {
    const record = this.#http[index];
    if (record !== undefined) this.#http[index] = { ...record, status };
  }

  /** The first end is the one. */
  end(end: StreamEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#endedAt = Math.round(this.#clock());
    this.#keeper.onEnd?.();
  }

  build(): StreamRecord {
    return {
      at: this.#at,
      target: this.#target,
      program: this.#program,
      decision: this.#decision,
      addresses: this.addresses,
      connected: this.connected,
      tls: this.#tls,
      inspected: this.inspected,
      http: this.#http.filter((request) => (request as HttpRecord | undefined) !== undefined),
      bytesOut: this.bytesOut,
      bytesIn: this.bytesIn,
      end: this.#end ?? "task-ended",
      lasted: (this.#end === undefined ? Math.round(this.#clock()) : this.#endedAt) - this.#at,
    };
  }
}
