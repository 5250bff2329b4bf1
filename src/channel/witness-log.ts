import { WITNESS_GAP, WITNESS_QUOTA, type WitnessMessage } from "../contract/agent/index.ts";
import type { ExecEvent, WitnessEvent, WitnessRecord } from "../contract/index.ts";
import { neutralise, openUntrusted, type Untrusted } from "../foundation/index.ts";

/** SHA-256 of a program of the unchanged image by its path; undefined where the host does not know. */
export type ProgramHash = (path: string) => string | undefined;

type Of<K extends WitnessMessage["kind"]> = Extract<WitnessMessage, { kind: K }>;
type EventMessage = Exclude<WitnessMessage, { kind: "hash" | "summary" }>;
type Class = keyof typeof WITNESS_QUOTA;

const UNDIGESTED =
  "Not every program that was run has a digest: they were too large, too many, or read too late.";

const ORIGINS = ["image", "changed", "memory"] as const;
const PROTOCOLS = ["tcp", "udp", "unix"] as const;
/** UTF-16 units that are kept of a path, and of a command line in all. */
const PATH_LENGTH = 4096;
const WORDS_LENGTH = 1024;

/** Makes what a witness says into events that can be shown, and keeps so many of each class. */
export class WitnessLog {
  private readonly events: WitnessEvent[] = [];
  private readonly execs = new Map<number, number>();
  private readonly counts: Record<Class, number> = { execs: 0, lives: 0, files: 0, calls: 0 };
  private readonly programHash: ProgramHash;
  private readonly deliver: (event: WitnessEvent) => void;
  private summary: Of<"summary">["body"] | undefined;
  private omitted = 0;
  private execCount = 0;

  constructor(programHash: ProgramHash, deliver: (event: WitnessEvent) => void) {
    this.programHash = programHash;
    this.deliver = deliver;
  }

  add(message: WitnessMessage): void {
    if (message.kind === "summary") this.summary ??= message.body;
    else if (message.kind === "hash") this.onHash(message);
    else this.onEvent(message);
  }

  /** All so far. `gaps`: what the host knows to be missing, a sentence each. */
  record(gaps: readonly string[]): WitnessRecord {
    const { summary } = this;
    const held = summary === undefined ? 0 : sum(summary.execs, summary.lives, summary.files, summary.calls);
    const lost = summary === undefined ? 0 : sum(summary.lost);
    const omitted = this.omitted + held;
    const unsaid =
      summary === undefined && gaps.length === 0 ? ["The witness ended without its summary."] : [];
    const missing = [...gaps, ...unsaid, ...summaryGaps(summary), ...countGaps(lost, omitted)];
    // Each program without a digest shows itself that it has none; here it is said why.
    const undigested = (summary?.gaps ?? 0) & WITNESS_GAP.hashes ? [UNDIGESTED] : [];
    const events = [...this.events].sort((a, b) => a.at - b.at);
    const silent = summary === undefined && events.length === 0;
    return {
      state: missing.length === 0 ? "complete" : silent ? "absent" : "incomplete",
      missing: [...missing, ...undigested],
      lost,
      omitted,
      events,
    };
  }

  private onEvent(message: EventMessage): void {
    if (message.kind === "exec") this.execCount++;
    const kept = classOf(message);
    if (this.counts[kept] >= WITNESS_QUOTA[kept]) {
      this.omitted++;
      return;
    }
    this.counts[kept]++;
    const event = eventOf(message, this.programHash);
    if (event.kind === "exec") this.execs.set(this.execCount, this.events.length);
    this.events.push(event);
    this.deliver(event);
  }

  /** A digest comes later than its program. What the image has, the host knows better. */
  private onHash({ body }: Of<"hash">): void {
    const index = this.execs.get(body.exec) ?? -1;
    const event = this.events[index];
    if (event?.kind !== "exec" || event.origin === "image") return;
    const sha256 = Array.from(openUntrusted(body.sha256), (byte) => byte.toString(16).padStart(2, "0")).join(
      "",
    );
    this.events[index] = { ...event, sha256 };
  }
}

function classOf({ kind }: EventMessage): Class {
  if (kind === "exec") return "execs";
  if (kind === "fork" || kind === "exit") return "lives";
  return kind === "listen" || kind === "credentials" || kind === "call" ? "calls" : "files";
}

function eventOf(message: EventMessage, programHash: ProgramHash): WitnessEvent {
  const seen = { at: Number(message.body.at) / 1000, pid: message.body.pid };
  switch (message.kind) {
    case "exec":
      return execOf(message, programHash);
    case "fork":
      return { kind: "fork", ...seen, child: message.body.child };
    case "exit": {
      const { how, status } = message.body;
      return {
        kind: "exit",
        ...seen,
        code: how === 0 ? status : undefined,
        signal: how === 0 ? undefined : status,
      };
    }
    case "rename":
    case "link":
      return { kind: message.kind, ...seen, path: clean(message.body.path), to: clean(message.body.to) };
    case "listen": {
      const { protocol, port, address } = message.body;
      return {
        kind: "listen",
        ...seen,
        protocol: PROTOCOLS[protocol - 1] ?? "tcp",
        address: clean(address, WORDS_LENGTH),
        port,
      };
    }
    case "credentials": {
      const { from, to, call } = message.body;
      return { kind: "credentials", ...seen, call: clean(call, WORDS_LENGTH), from, to };
    }
    case "call": {
      const { call, detail, succeeded } = message.body;
      return {
        kind: "call",
        ...seen,
        call: clean(call, WORDS_LENGTH),
        detail: clean(detail, WORDS_LENGTH),
        succeeded: succeeded === 1,
      };
    }
    default:
      return { kind: message.kind, ...seen, path: clean(message.body.path) };
  }
}

function execOf({ body }: Of<"exec">, programHash: ProgramHash): ExecEvent {
  const path = openUntrusted(body.program);
  const origin = ORIGINS[body.origin] ?? "changed";
  return {
    kind: "exec",
    at: Number(body.at) / 1000,
    pid: body.pid,
    program: neutralise(path, PATH_LENGTH),
    argv: wordsOf(body.argv),
    argvBytes: body.argvBytes,
    user: body.user,
    origin,
    sha256: origin === "image" ? programHash(path) : undefined,
  };
}

function wordsOf(argv: readonly Untrusted<string>[]): string[] {
  let left = PATH_LENGTH;
  const words: string[] = [];
  for (const word of argv) {
    if (left <= 0) break;
    const text = openUntrusted(word);
    words.push(neutralise(text, left));
    left -= text.length + 1;
  }
  return words;
}

function clean(text: Untrusted<string>, length = PATH_LENGTH): string {
  return neutralise(openUntrusted(text), length);
}

function sum(...numbers: readonly bigint[]): number {
  const all = numbers.reduce((total, each) => total + each, 0n);
  return Number(all > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : all);
}

function summaryGaps(summary: Of<"summary">["body"] | undefined): string[] {
  const gaps = summary?.gaps ?? 0;
  return [
    [WITNESS_GAP.unwatched, "The guest's kernel could not be watched at every place."],
    [WITNESS_GAP.switchedOff, "Somebody in the guest switched the witness off."],
    [WITNESS_GAP.tracingOff, "Somebody in the guest switched the kernel's tracing off."],
  ].flatMap(([bit, words]) => ((gaps & Number(bit)) === 0 ? [] : [String(words)]));
}

function countGaps(lost: number, omitted: number): string[] {
  return [
    ...(lost === 0 ? [] : [`The guest lost ${lost} events: they came faster than it could tell them.`]),
    ...(omitted === 0 ? [] : [`${omitted} events were more than is kept of their kind.`]),
  ];
}
