import type { Readable, Writable } from "node:stream";
import { EXEC, EXEC_PTY, EXITED, RESET, RESIZE, SIGNAL, violation } from "../contract/agent/index.ts";
import { deferred, MayflyError, type Deferred } from "../foundation/index.ts";
import { guestError, guestReset, type Asked } from "./guest-error.ts";
import type { StreamHandler, StreamMessage } from "./multiplexer.ts";
import { emptyReadable, readableOf, writableOf } from "./node-streams.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { SendWindow } from "./send-window.ts";
import type { StreamOwner } from "./stream-owner.ts";

export interface ExecRequest {
  /** Program and arguments; the program is looked up in the PATH of `env`. */
  readonly argv: readonly string[];
  /** The whole environment. With argv it must fit 65,536 bytes. */
  readonly env: Readonly<Record<string, string>>;
  /** Directory in the guest, absolute. */
  readonly cwd: string;
  /** User name in the guest. */
  readonly user: string;
  /** Run it on a terminal of this size (0 … 65,535 each), with no standard error of its own. */
  readonly pty?: { readonly rows: number; readonly columns: number } | undefined;
}

export type ProcessExit =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: number };

/** A process in the guest. Read `stdout` and `stderr` both to their end: an unread one blocks it, as a pipe does. */
export interface GuestProcess {
  readonly stdin: Writable;
  /** With a pty, what the terminal shows. Destroying it drops the rest. */
  readonly stdout: Readable;
  /** Ended from the start with a pty. */
  readonly stderr: Readable;
  /**
   * Settles when it has ended and all its output has arrived here. Rejects with E_COMMAND_NOT_FOUND,
   * E_COMMAND_NOT_EXECUTABLE or E_GUEST_REFUSED where it could not be started, with the reason of `kill` or of the
   * connection's end; `stdout` and `stderr` are destroyed with the same error.
   */
  readonly exit: Promise<ProcessExit>;
  /** Sends a signal (1 … 64) to its process group; nothing once it has ended. */
  signal(signal: number): void;
  /** New size of its terminal, 0 … 65,535 each; nothing once it has ended. */
  resize(rows: number, columns: number): void;
  /** Kills its process group and gives it up. */
  kill(reason?: MayflyError): void;
}

export class ProcessStream implements GuestProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  private readonly owner: StreamOwner;
  private readonly asked: Asked;
  private readonly streams: readonly number[];
  private readonly input: SendWindow;
  private readonly outputs: readonly ReceiveWindow[];
  private readonly ended: Deferred<ProcessExit> = deferred();
  private open = true;

  constructor(owner: StreamOwner, request: ExecRequest) {
    this.owner = owner;
    this.asked = { about: "command", what: `run ${request.argv[0] ?? "an empty command"}` };
    const stream = owner.open({ receive: this.onMain, fail: this.onFail });
    const stderrStream =
      request.pty === undefined ? owner.open({ receive: this.onStderr, fail: this.onFail }) : 0;
    this.streams = stderrStream === 0 ? [stream] : [stream, stderrStream];
    owner.begin(this.streams, () => encodeExec(stream, stderrStream, request));
    this.input = new SendWindow(owner, stream);
    this.outputs = this.streams.map((number) => new ReceiveWindow(owner, number));
    const [stdout, stderr] = this.outputs.map((window) =>
      readableOf(window, () => {
        window.discard();
      }),
    );
    this.stdin = writableOf(this.input);
    this.stdout = stdout ?? emptyReadable();
    this.stderr = stderr ?? emptyReadable();
  }

  get exit(): Promise<ProcessExit> {
    return this.ended.promise;
  }

  signal(signal: number): void {
    if (this.open) this.owner.send(SIGNAL.encode(this.stream, { signal }));
  }

  resize(rows: number, columns: number): void {
    if (this.open) this.owner.send(RESIZE.encode(this.stream, { rows, columns }));
  }

  kill(reason: MayflyError = new MayflyError("E_CANCELLED", "The command was killed.")): void {
    if (!this.open) return;
    this.owner.send(RESET.encode(this.stream, { code: 0 }));
    this.onFail(reason);
  }

  private get stream(): number {
    return this.streams[0] ?? 0;
  }

  private readonly onMain: StreamHandler["receive"] = (message) => {
    if (message.type === "EXIT") this.onExit(message.body);
    else if (message.type === "ERROR") this.onFail(guestError(message, this.asked));
    else if (message.type === "CREDIT") this.input.grant(message.body.bytes);
    else this.onOutput(message, this.outputs[0]);
  };

  private readonly onStderr: StreamHandler["receive"] = (message) => {
    this.onOutput(message, this.outputs[1]);
  };

  private onOutput(message: StreamMessage, window: ReceiveWindow | undefined): void {
    if (message.type === "DATA") window?.accept(message.body.bytes);
    else if (message.type === "END") window?.end();
    else if (message.type === "RESET") this.onFail(guestReset(message.body.code, this.asked));
    else throw violation(`${message.type} on stream ${message.stream} of a process`);
  }

  private onExit({ kind, status }: { kind: number; status: number }): void {
    if (!this.outputs.every((window) => window.isEnded)) throw violation("EXIT before the END of its output");
    this.settle(new MayflyError("E_CLOSED", "The process ended without reading all of its input."));
    this.ended.resolve(
      kind === EXITED ? { kind: "exited", code: status } : { kind: "signalled", signal: status },
    );
  }

  private readonly onFail = (reason: MayflyError): void => {
    if (!this.open) return;
    this.settle(reason);
    this.stdout.destroy(reason);
    this.stderr.destroy(reason);
    this.ended.reject(reason);
  };

  private settle(reason: MayflyError): void {
    this.open = false;
    for (const stream of this.streams) this.owner.close(stream);
    for (const window of this.outputs) window.close();
    this.input.close(reason);
    if (!this.stdin.writableFinished) this.stdin.destroy(reason);
  }
}

function encodeExec(stream: number, stderrStream: number, request: ExecRequest): Uint8Array {
  const { argv, env, cwd, user, pty } = request;
  return EXEC.encode(stream, {
    stderrStream,
    flags: pty === undefined ? 0 : EXEC_PTY,
    rows: pty?.rows ?? 0,
    columns: pty?.columns ?? 0,
    user,
    cwd,
    argv,
    env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
  });
}
