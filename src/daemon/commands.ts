import { PassThrough, Writable } from "node:stream";
import type { TaskStart } from "../contract/api/index.ts";
import type { TerminalSize } from "../contract/index.ts";
import { KIB, MayflyError } from "../foundation/index.ts";
import { locatePolicy, type Mayfly } from "../sdk/index.ts";
import { endingOf } from "./describe.ts";
import type { DaemonTask, Tasks } from "./tasks.ts";

/** Bytes of a task's output that are kept for whoever comes later. */
const KEPT_OUTPUT = 256 * KIB;
const FIRST_SIZE: TerminalSize = { rows: 24, columns: 80 };

/** A terminal of a task, and who looks at it. */
export interface TaskTerminal {
  readonly input: PassThrough;
  resize: ((size: TerminalSize) => void) | undefined;
}

/** Tasks that are started by a request and looked at later. */
export class Commands {
  readonly #mayfly: Mayfly;
  readonly #tasks: Tasks;
  readonly #outputs = new Map<string, TaskOutput>();
  readonly #terminals = new Map<string, TaskTerminal>();

  constructor(mayfly: Mayfly, tasks: Tasks) {
    this.#mayfly = mayfly;
    this.#tasks = tasks;
    tasks.on("gone", ({ id }) => this.#outputs.delete(id));
  }

  /** Starts it and comes back at once. @throws E_BAD_POLICY */
  async start({
    allow = [],
    terminal = false,
    ...request
  }: TaskStart): Promise<{ task: DaemonTask; done: Promise<void> }> {
    const policy = await locatePolicy({ allow });
    const task = this.#tasks.begin({
      kind: terminal ? "terminal" : "command",
      title: request.command.join(" "),
      profile: request.profile ?? "base",
    });
    const output = new TaskOutput();
    this.#outputs.set(task.id, output);
    const own: TaskTerminal = { input: new PassThrough(), resize: undefined };
    own.input.on("error", () => undefined); // a task may end without having read it
    if (terminal) this.#terminals.set(task.id, own);
    const running = this.#mayfly.run({
      ...request,
      policy,
      limits: { outputBytes: undefined, ...request.limits },
      env: terminal ? { TERM: "xterm-256color", ...request.env } : request.env,
      terminal: terminal ? FIRST_SIZE : undefined,
      stdin: terminal ? own.input : undefined,
      stdout: output.sink(),
      stderr: output.sink(),
      onResize: (listener) => {
        own.resize = listener;
      },
      onLive: (live) => {
        task.running(live);
      },
      onWitness: (event) => this.#tasks.emit("witness", task, event),
      signal: task.signal,
    } as Parameters<Mayfly["run"]>[0]);
    const done = running.then((result) => {
      this.#terminals.delete(task.id);
      task.end(endingOf(result));
      output.end();
    });
    return { task, done };
  }

  /** What it wrote so far, and what it will write. @throws E_UNKNOWN_TASK where its output went elsewhere */
  output(task: DaemonTask): TaskOutput {
    const output = this.#outputs.get(task.id);
    if (output !== undefined) return output;
    throw new MayflyError("E_UNKNOWN_TASK", "The output of this task went to whoever started it");
  }

  terminal(task: DaemonTask): TaskTerminal | undefined {
    return this.#terminals.get(task.id);
  }
}

type Listener = (chunk: Buffer | undefined) => void;

/** The end of what a task wrote, and those who follow it. */
export class TaskOutput {
  readonly #listeners = new Set<Listener>();
  #kept = Buffer.alloc(0);
  #isEnded = false;

  get bytes(): Buffer {
    return this.#kept;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** @param listener gets undefined at the end @returns how to stop */
  follow(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  sink(): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        const all = Buffer.concat([this.#kept, chunk]);
        this.#kept = all.subarray(Math.max(0, all.length - KEPT_OUTPUT));
        for (const listener of this.#listeners) listener(chunk);
        done();
      },
    });
  }

  end(): void {
    this.#isEnded = true;
    for (const listener of this.#listeners) listener(undefined);
  }
}
