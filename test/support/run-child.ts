import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A Mayfly in a process of its own, which can be killed. Its script prints one word a line at each phase it reaches. */
export class MayflyChild {
  readonly process: ChildProcess;
  readonly #lines: string[] = [];
  #wake = (): void => undefined;

  constructor(script: string, session: Pick<SpawnOptions, "env" | "cwd" | "uid" | "gid"> = {}) {
    this.process = spawn(process.execPath, ["--input-type=module", "-e", script], {
      ...session,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { stdout } = this.process;
    if (stdout === null) throw new Error("no stdout");
    createInterface({ input: stdout }).on("line", (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    this.process.once("exit", () => {
      this.#wake();
    });
  }

  /** Everything that it printed until now. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Waits for a line that begins with `word` and gives back its rest. */
  async reached(word: string): Promise<string> {
    for (;;) {
      const line = this.#lines.find((each) => each.startsWith(word));
      if (line !== undefined) return line.slice(word.length).trim();
      if (this.process.exitCode !== null) throw new Error(`ended before ${word}: ${this.#lines.join("; ")}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** SIGKILL: nothing of it can clean up. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, "exit");
  }
}
