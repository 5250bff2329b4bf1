import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const COMMAND: readonly string[] = [process.execPath, `${ROOT}dist/cli/main.js`];

export interface CliOptions {
  readonly input?: Uint8Array | string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface CliResult {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const started = new Set<CliProcess>();

/** Ends what a failed test left running, and lets it dispose of everything. */
export async function endStarted(): Promise<void> {
  for (const each of started) each.hangUp();
  await Promise.all([...started].map(async (each) => await each.ended()));
}

/** A program that runs the built command line, or is it. Its shell commands call that `$MAYFLY`. */
export class CliProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  #wake = (): void => undefined;
  /** It has ended *and* all that it printed is here; an exit alone may come before its last words. */
  #isClosed = false;

  constructor(argv: readonly string[], { input, env = {}, cwd = ROOT }: CliOptions = {}) {
    const [program = "", ...args] = argv;
    this.child = spawn(program, args, { env: { ...process.env, MAYFLY: COMMAND.join(" "), ...env }, cwd });
    started.add(this);
    this.child.once("close", () => started.delete(this));
    this.child.stdin.on("error", () => undefined); // a task need not read its input
    if (input !== undefined) this.child.stdin.end(input);
    this.child.stdout.on("data", (chunk: Buffer) => {
      this.#stdout.push(chunk);
      this.#wake();
    });
    this.child.stderr.on("data", (chunk: Buffer) => {
      this.#stderr.push(chunk);
      this.#wake();
    });
    this.child.once("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  get output(): string {
    return Buffer.concat(this.#stdout).toString();
  }

  /** Waits until standard output matches, and gives back the match. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (this.#isClosed)
        throw new Error(
          `ended before ${String(pattern)}: ${this.output}${Buffer.concat(this.#stderr).toString()}`,
        );
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Takes its terminal away: the kernel tells a session whose terminal is gone. `script` itself is deaf to SIGHUP. */
  hangUp(): void {
    this.child.kill(this.child.spawnfile === "script" ? "SIGKILL" : "SIGHUP");
  }

  async ended(): Promise<CliResult> {
    if (!this.#isClosed) await once(this.child, "close");
    return {
      status: this.child.exitCode,
      stdout: Buffer.concat(this.#stdout),
      stderr: Buffer.concat(this.#stderr).toString(),
    };
  }
}

/** Starts the command line; its standard input stays open. */
export function start(...args: readonly string[]): CliProcess {
  return new CliProcess([...COMMAND, ...args]);
}

/** Runs the command line to its end, with empty standard input unless `input` says otherwise. */
export async function mayfly(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return await new CliProcess([...COMMAND, ...args], { input: "", ...options }).ended();
}

/** Runs a shell command on a terminal of its own. */
export function onTerminal(command: string, options: CliOptions = {}): CliProcess {
  return new CliProcess(
    ["script", "-qefc", `stty rows 41 cols 91; trap : INT; ${command}`, "/dev/null"],
    options,
  );
}
