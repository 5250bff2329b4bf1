import type { ChildProcess } from "node:child_process";
import { LAB_PATIENCE, MayflyError, formatTime, type ErrorCode } from "../foundation/index.ts";
import { LineSplitter } from "./line-splitter.ts";
import { startTool } from "./start-tool.ts";
import type { ToolOptions } from "./tool-options.ts";
import { endTool, exited } from "./end-tool.ts";

export interface ToolResult {
  readonly status: number;
  readonly stdout: string;
  /** The last lines of standard error, neutralised. */
  readonly stderrTail: readonly string[];
}

const TAIL_LINES = 40;

/**
 * Runs a program to its end, in a process group of its own that dies with us.
 *
 * Throws `options.failure` when it exits with a status that is not accepted, is late or says too much, `E_SETUP_NEEDED` when it is not
 * installed, `E_DISK_FULL` when it says so; after an abort the signal's reason. The group is gone when this settles.
 */
export async function runTool(argv: readonly string[], options: ToolOptions): Promise<ToolResult> {
  options.signal?.throwIfAborted();
  const child = await startTool(argv, options);
  const run = new ToolRun(argv, options, child);
  return await run.finish();
}

class ToolRun {
  readonly #name: string;
  readonly #options: ToolOptions;
  readonly #child: ChildProcess;
  readonly #stdout: Buffer[] = [];
  readonly #tail: string[] = [];
  #stdoutBytes = 0;
  #cause: Error | undefined;
  #ending: Promise<void> | undefined;

  constructor(argv: readonly string[], options: ToolOptions, child: ChildProcess) {
    this.#name = argv[0]?.split("/").at(-1) ?? "";
    this.#options = options;
    this.#child = child;
  }

  async finish(): Promise<ToolResult> {
    const { signal, timeoutMs } = this.#options;
    const lines = this.#collect();
    const late = `${this.#name} did not finish within ${formatTime(timeoutMs)}.`;
    const timer = setTimeout(() => {
      this.#stop(this.#error(late));
    }, timeoutMs * LAB_PATIENCE);
    const onAbort = (): void => {
      this.#stop(signal?.reason as Error);
    };
    listen(signal, onAbort);
    try {
      await exited(this.#child);
      const [status, killedBy] = [this.#child.exitCode, this.#child.signalCode];
      await (this.#ending ?? this.#end("at once"));
      for (const splitter of lines) splitter.end();
      if (this.#cause !== undefined) throw this.#cause;
      if (status === null || !(this.#options.accept ?? [0]).includes(status))
        throw this.#failed(status, killedBy);
      return { status, stdout: Buffer.concat(this.#stdout).toString("utf8"), stderrTail: this.#tail };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #collect(): readonly LineSplitter[] {
    const out = new LineSplitter((line) => this.#options.onLine?.(line));
    const err = new LineSplitter((line) => {
      this.#tail.push(line);
      if (this.#tail.length > TAIL_LINES) this.#tail.shift();
      this.#options.onLine?.(line);
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      out.push(chunk);
      this.#keep(chunk);
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      err.push(chunk);
    });
    return [out, err];
  }

  #keep(chunk: Buffer): void {
    const most = this.#options.maxOutput ?? 8 * 1024 * 1024;
    this.#stdoutBytes += chunk.length;
    if (this.#stdoutBytes <= most) this.#stdout.push(chunk);
    else this.#stop(this.#error(`${this.#name} wrote more than ${most} bytes to its output.`));
  }

  /** The first cause wins; what follows from it is not another one. */
  #stop(cause: Error): void {
    this.#cause ??= cause;
    this.#ending ??= this.#end("gracefully");
  }

  async #end(how: "gracefully" | "at once"): Promise<void> {
    await endTool(this.#child, { how, isLeader: this.#options.keepTerminal !== true });
  }

  #failed(status: number | null, killedBy: string | null): MayflyError {
    const said = this.#tail.join("\n");
    if (/No space left on device|Disk quota exceeded|ENOSPC/i.test(said)) {
      return this.#error(`The disk is full: ${this.#name} could not go on.`, "E_DISK_FULL");
    }
    if (status === 127 && said.includes("failed to execute")) {
      return this.#error(`The program ${this.#name} is not installed.`, "E_SETUP_NEEDED");
    }
    const how = killedBy === null ? `with status ${String(status)}` : `by signal ${killedBy}`;
    const last =
      this.#tail.findLast((line) => /error|^E:|fail|cannot|denied/i.test(line)) ?? this.#tail.at(-1);
    return this.#error(`${this.#name} ended ${how}${last === undefined ? "." : `: ${last}`}`);
  }

  #error(message: string, code: ErrorCode = this.#options.failure ?? "E_SETUP_FAILED"): MayflyError {
    const next = NEXT[code];
    return new MayflyError(code, message, { log: this.#tail, ...(next === undefined ? {} : { next }) });
  }
}

const NEXT: Partial<Record<ErrorCode, string>> = {
  E_SETUP_NEEDED: "Run: mayfly setup",
  E_DISK_FULL: "Free some space, or set MAYFLY_HOME to a directory on another disk.",
};

/** Calls at once for what happened while the tool was being started, when nobody listened yet. */
function listen(signal: AbortSignal | undefined, onAbort: () => void): void {
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
}
