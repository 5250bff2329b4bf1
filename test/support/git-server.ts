import { execFile, spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Bare repositories in a directory of their own, served as git's own server program serves them over smart HTTP. */
export class GitServer {
  /** `GET /a.git/info/refs?service=git-upload-pack`, of each request, in order. */
  readonly asked: string[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), "mayfly-git-"));

  /** Makes `NAME.git`, which may be pushed to. */
  async create(name: string): Promise<void> {
    const path = join(this.#directory, `${name}.git`);
    await run("git", ["init", "-q", "--bare", "-b", "main", path]);
    await run("git", ["-C", path, "config", "http.receivepack", "true"]);
  }

  /** What git says of a repository here. */
  async git(name: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await run("git", ["-C", join(this.#directory, `${name}.git`), ...args]);
    return stdout.trim();
  }

  /** Answers a request for a path below `/`. */
  readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = "GET", headers } = request;
    const { pathname, search } = new URL(request.url ?? "/", "http://localhost");
    this.asked.push(`${method} ${pathname}${search}`);
    const program = spawn("git", ["http-backend"], {
      stdio: ["pipe", "pipe", "inherit"],
      env: {
        PATH: process.env["PATH"],
        GIT_PROJECT_ROOT: this.#directory,
        GIT_HTTP_EXPORT_ALL: "1",
        REQUEST_METHOD: method,
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: headers["content-type"] ?? "",
        CONTENT_LENGTH: headers["content-length"],
        HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
        GIT_PROTOCOL: String(headers["git-protocol"] ?? ""),
        REMOTE_USER: "guest",
      },
    });
    program.stdin.on("error", () => undefined); // it may have read enough
    request.pipe(program.stdin);
    let head = Buffer.alloc(0);
    program.stdout.on("data", (chunk: Buffer) => {
      if (response.headersSent) {
        response.write(chunk);
        return;
      }
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) return;
      response.writeHead(...statusAndHeaders(head.toString("latin1", 0, end)));
      response.write(head.subarray(end + 4));
    });
    program.stdout.on("end", () => response.end());
  };

  remove(): void {
    rmSync(this.#directory, { recursive: true });
  }
}

/** RFC 3875 §6.3: a CGI program says its status as a header. */
function statusAndHeaders(head: string): [number, string[]] {
  const pairs = head.split("\r\n").map((line): [name: string, value: string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const status = pairs.find(([name]) => name === "Status")?.[1] ?? "200";
  return [Number.parseInt(status, 10), pairs.filter(([name]) => name !== "Status").flat()];
}
