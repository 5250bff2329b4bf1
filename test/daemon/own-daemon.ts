import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CliProcess, COMMAND, type CliResult } from "../e2e/cli-process.ts";

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly json: unknown;
}

interface Up {
  readonly pid: number;
  readonly socket: string;
  readonly console: string | null;
}

/** A daemon of the test's own: its ledger, socket and reports are in a directory that nobody else has. */
export class OwnDaemon {
  readonly directory = mkdtempSync(join(tmpdir(), "mayfly-daemon-"));
  readonly env: Readonly<Record<string, string>> = {
    MAYFLY_DAEMON: "auto",
    MAYFLY_RUNTIME: join(this.directory, "run"),
    MAYFLY_STATE: join(this.directory, "state"),
  };

  get socket(): string {
    return join(this.directory, "run", "daemon.sock");
  }

  start(...words: string[]): CliProcess {
    return new CliProcess([...COMMAND, ...words], { env: this.env });
  }

  async cli(
    words: readonly string[],
    options: { input?: string | Uint8Array; cwd?: string } = {},
  ): Promise<CliResult> {
    return await new CliProcess([...COMMAND, ...words], { env: this.env, input: "", ...options }).ended();
  }

  async up(...words: string[]): Promise<Up> {
    const { status, stdout, stderr } = await this.cli(["up", "--detach", "--json", "--no-open", ...words]);
    if (status !== 0) throw new Error(`no daemon: ${stderr}`);
    return JSON.parse(stdout.toString()) as Up;
  }

  async ask(
    method: string,
    path: string,
    body?: { type: string; content: string | Uint8Array },
  ): Promise<Answer> {
    return await new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": body.type };
      const asked = request({ socketPath: this.socket, method, path, headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          const type = response.headers["content-type"] ?? "";
          const json = type.startsWith("application/json") ? (JSON.parse(text) as unknown) : undefined;
          resolve({ status: response.statusCode ?? 0, type, body: text, json });
        });
      });
      asked.on("error", reject).end(body?.content);
    });
  }

  async end(): Promise<void> {
    await this.cli(["down"]);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
