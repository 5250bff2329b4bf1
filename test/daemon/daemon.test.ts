import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { leftovers } from "../support/leftovers.ts";
import { openApiDocument } from "../support/openapi.ts";
import { COMMAND, endStarted } from "../e2e/cli-process.ts";
import { OwnDaemon, type Answer } from "./own-daemon.ts";

/** As systemd does: listens, and becomes the program, which finds the socket at descriptor 3 (sd_listen_fds(3)). */
const ACTIVATE = `use Socket; use POSIX ();
my ($path, @words) = @ARGV; my $umask = umask 0177; my $s;
socket($s, AF_UNIX, SOCK_STREAM, 0) && bind($s, sockaddr_un($path)) && listen($s, 8) or die $!;
umask $umask; POSIX::dup2(fileno($s), 3) if fileno($s) != 3;
$^F = 3; fcntl($s, 2, 0) if fileno($s) == 3;
$| = 1; print "listening\\n";
@ENV{"LISTEN_FDS", "LISTEN_PID"} = (1, $$); exec { $words[0] } @words;`;

let daemon: OwnDaemon;
let pid: number;

beforeAll(async () => {
  daemon = new OwnDaemon();
  ({ pid } = await daemon.up("--standby", "base=1"));
});

afterEach(endStarted);
afterAll(async () => {
  await daemon.end();
});

describe("mayfly up and down", () => {
  it("says where the first is when asked again, and gives another link", async () => {
    const { status, stdout } = await daemon.cli(["up", "--no-open"]);
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(
      new RegExp(
        `^Mayfly runs \\(process ${pid}\\)\\.\\nConsole: http://127\\.0\\.0\\.1:\\d+/[\\w-]+/enter\\?token=[\\w-]+\\n$`,
      ),
    );
  });

  it("comes up, goes down and leaves nothing, in the foreground too", async () => {
    const own = new OwnDaemon();
    const up = own.start("up", "--no-open", "--standby", "base=0");
    await up.printed(/Console: http/);
    const down = await own.cli(["down"]);
    expect(down.stdout.toString()).toMatch(/^Mayfly is down/);
    expect((await up.ended()).status).toBe(0);
    expect(existsSync(own.socket)).toBe(false);
    expect((await own.cli(["down"])).stdout.toString()).toBe("No daemon runs.\n");
    await own.end();
  });

  it("takes a socket that systemd made", async () => {
    const own = new OwnDaemon();
    mkdirSync(join(own.directory, "run"), { mode: 0o700 });
    const words = ["up", "--no-console", "--no-open", "--standby", "base=0"];
    const child = spawn("perl", ["-e", ACTIVATE, own.socket, ...COMMAND, ...words], {
      env: { ...process.env, ...own.env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data"); // it listens; who answers is still to come
    const answer = await own.ask("GET", "/v1/daemon"); // waits in the socket until the daemon is there
    expect(answer.json).toMatchObject({ pid: child.pid });
    child.kill("SIGTERM");
    await once(child, "exit");
    expect(existsSync(own.socket)).toBe(true); // it is systemd's
    await own.end();
  });
});

describe("mayfly run by the daemon", () => {
  it("gives back output, errors and status, and takes a machine that was ready", async () => {
    const { status, stdout, stderr } = await daemon.cli([
      "run",
      "--",
      "sh",
      "-c",
      "echo out; echo err >&2; exit 3",
    ]);
    expect([status, stdout.toString(), stderr]).toEqual([3, "out\n", "err\n"]);
    const told = await daemon.cli(["run", "--json", "--", "id", "-un"]);
    expect(JSON.parse(told.stdout.toString())).toMatchObject({
      outcome: { kind: "exited", code: 0 },
      stdout: { data: "user\n" },
      disposal: { complete: true },
    });
    expect((await daemon.ask("GET", "/v1/tasks")).json).toMatchObject([
      { title: "id -un", exitCode: 0 },
      { exitCode: 3 },
    ]);
  });

  it("passes on every byte of standard input", async () => {
    const bytes = randomBytes(3_000_000);
    const { stdout } = await daemon.cli(["run", "--", "cat"], { input: bytes });
    expect(stdout.equals(bytes)).toBe(true);
  });

  it("reads inputs and writes results where the command line is", async () => {
    const here = mkdtempSync(join(tmpdir(), "mayfly-here-"));
    writeFileSync(join(here, "names.txt"), "b\na\n");
    const words = [
      "run",
      "names.txt",
      "--out",
      "results",
      "--report",
      "r.json",
      "--",
      "sort",
      "-o",
      "/out/s.txt",
      "/in/names.txt",
    ];
    const { status, stderr } = await daemon.cli(words, { cwd: here });
    expect([status, stderr]).toEqual([0, ""]);
    expect(readFileSync(join(here, "results", "s.txt"), "utf8")).toBe("a\nb\n");
    const verified = await daemon.cli(["verify", join(here, "r.json")]);
    expect(verified.status).toBe(0);
    rmSync(here, { recursive: true });
  });

  it("ends the task with the command line, by signal or by a reader that goes away", async () => {
    const run = daemon.start("run", "--", "sh", "-c", "echo begun; sleep 1000");
    await run.printed(/begun/);
    run.child.kill("SIGINT");
    expect((await run.ended()).status).toBe(130);
    const killed = daemon.start("run", "--", "sh", "-c", "echo begun; sleep 1000");
    await killed.printed(/begun/);
    const [{ vm }] = (await daemon.ask("GET", "/v1/tasks")).json as [{ vm: string }];
    killed.child.kill("SIGKILL");
    await killed.ended();
    await ended(daemon);
    expect(leftovers([vm])).toEqual([]);
  });

  it("goes without a daemon that was started differently, and says so", async () => {
    const env = { ...daemon.env, MAYFLY_DNS: "192.0.2.53" };
    const other = Object.assign(new OwnDaemon(), { env });
    const { status, stdout, stderr } = await other.cli(["run", "--", "echo", "hi"]);
    expect([status, stdout.toString()]).toEqual([0, "hi\n"]);
    expect(stderr).toContain("the daemon was not used: it was started differently (MAYFLY_DNS)");
    const quiet = await daemon.cli(["run", "--embedded", "--", "echo", "hi"]);
    expect([quiet.stdout.toString(), quiet.stderr]).toEqual(["hi\n", ""]);
  });

  it("goes without a daemon that does not answer, and says so", async () => {
    const own = new OwnDaemon();
    mkdirSync(join(own.directory, "run"), { mode: 0o700 });
    const deaf = await listenAt(own.socket);
    const { status, stdout, stderr } = await own.cli(["run", "--", "echo", "hi"]);
    deaf.close();
    expect([status, stdout.toString()]).toEqual([0, "hi\n"]);
    expect(stderr).toContain("the daemon was not used: it does not answer");
    rmSync(own.directory, { recursive: true });
  });
});

describe("the daemon, killed while tasks run", () => {
  it("takes its tasks with it, is told of, keeps history, and is swept by the next", async () => {
    const own = new OwnDaemon();
    const first = await own.up("--standby", "base=0");
    await own.cli(["run", "--", "true"]);
    const run = own.start("run", "--", "sh", "-c", "echo begun; sleep 1000");
    await run.printed(/begun/);
    const [{ vm }] = (await own.ask("GET", "/v1/tasks")).json as [{ vm: string }];
    process.kill(first.pid, "SIGKILL");
    const { status, stderr } = await run.ended();
    expect(status).toBe(70);
    expect(stderr).toContain("The daemon ended while the task ran");
    const next = await own.up("--standby", "base=0");
    expect(next.pid).not.toBe(first.pid);
    expect(leftovers([vm])).toEqual([]);
    expect((await own.ask("GET", "/v1/vms")).json).toEqual([]);
    expect((await own.ask("GET", "/v1/reports")).json).toMatchObject([{ title: "true", gone: true }]);
    await own.end();
  });
});

it("does over its socket what docs/openapi.json says", async () => {
  const ajv = new Ajv2020({ strict: false });
  const document = openApiDocument();
  ajv.addSchema(document, "openapi");
  const tried = new Set<string>();
  const call = async (
    method: string,
    template: string,
    [path, body]: [(string | undefined)?, Parameters<OwnDaemon["ask"]>[2]?] = [],
  ): Promise<Answer> => {
    const answer = await daemon.ask(method, path ?? template, body);
    tried.add(`${method} ${template}`);
    const content = contentOf(document, [template, method, answer.status]);
    expect(
      Object.keys(content ?? {}).some((type) => answer.type.startsWith(type)),
      `${method} ${template}: ${answer.status} ${answer.type}`,
    ).toBe(true);
    const schema = content?.["application/json"]?.schema;
    if (schema !== undefined && answer.json !== undefined) {
      const validate = ajv.compile(
        JSON.parse(JSON.stringify(schema).replaceAll("#/components", "openapi#/components")) as object,
      );
      expect(validate(answer.json), `${method} ${template}: ${ajv.errorsText(validate.errors)}`).toBe(true);
    }
    return answer;
  };
  for (const path of [
    "/v1/daemon",
    "/v1/openapi.json",
    "/v1/profiles",
    "/v1/vms",
    "/v1/tasks",
    "/v1/reports",
  ])
    await call("GET", path);
  const json = (value: unknown): { type: string; content: string } => ({
    type: "application/json",
    content: JSON.stringify(value),
  });
  const bad = await call("POST", "/v1/tasks", [undefined, json({ command: [] })]);
  expect(bad.status).toBe(400);
  const started = await call("POST", "/v1/tasks", [
    undefined,
    json({ command: ["sh", "-c", "echo x > /out/a; echo hi; sleep 600"] }),
  ]);
  const { id } = started.json as { id: string };
  const vm = await running(daemon, id);
  const check = await call("POST", "/v1/vms/{id}/check", [`/v1/vms/${vm}/check`]);
  expect(check.json).toMatchObject({ state: "checked", reason: "" });
  await call("GET", "/v1/tasks/{id}", [`/v1/tasks/${id}`]);
  await call("GET", "/v1/tasks/{id}/network", [`/v1/tasks/${id}/network`]);
  await printed(daemon, id);
  await call("GET", "/v1/tasks/{id}/output", [`/v1/tasks/${id}/output`]);
  expect((await call("GET", "/v1/tasks/{id}/files", [`/v1/tasks/${id}/files`])).json).toEqual([
    { path: "a", bytes: 2 },
  ]);
  expect((await call("GET", "/v1/tasks/{id}/file", [`/v1/tasks/${id}/file?path=a`])).body).toBe("x\n");
  expect((await call("GET", "/v1/tasks/{id}/file", [`/v1/tasks/${id}/file?path=../etc/passwd`])).status).toBe(
    404,
  );
  expect((await call("GET", "/v1/tasks/{id}/copy", [`/v1/tasks/${id}/copy?path=a`])).status).toBe(404);
  await call("DELETE", "/v1/tasks/{id}", [`/v1/tasks/${id}`]);
  await ended(daemon);
  expect((await call("GET", "/v1/tasks/{id}", ["/v1/tasks/none"])).status).toBe(404);
  const { report } = (await daemon.ask("GET", `/v1/tasks/${id}`)).json as { report: string };
  await call("GET", "/v1/reports/{id}", [`/v1/reports/${report}`]);
  expect((await call("GET", "/v1/reports/{id}/html", [`/v1/reports/${report}/html`])).body).toContain(
    "<html",
  );
  expect((await call("POST", "/v1/vms/{id}/check", ["/v1/vms/none/check"])).status).toBe(404);
  expect((await call("DELETE", "/v1/vms/{id}", ["/v1/vms/none"])).status).toBe(404);
  const opened = await call("POST", "/v1/documents", [
    "/v1/documents?name=a.txt&as=text",
    { type: "application/octet-stream", content: "" },
  ]);
  expect(opened.status).toBe(202);
  expect((await call("POST", "/v1/views", [undefined, json({ url: "ftp://example.org/" })])).status).toBe(
    400,
  );
  const shown = await call("POST", "/v1/views/document", [
    "/v1/views/document?name=a.txt",
    { type: "application/octet-stream", content: "a" },
  ]);
  expect([shown.status, shown.json]).toMatchObject([202, { kind: "view", title: "a.txt" }]);
  const view = `/v1/tasks/${(shown.json as { id: string }).id}`;
  expect((await call("GET", "/v1/tasks/{id}/picture", [`${view}/picture`])).status).toBe(404);
  expect((await call("DELETE", "/v1/tasks/{id}", [view])).status).toBe(202);
  await ended(daemon);
  await call("POST", "/v1/links");
  await call("POST", "/v1/stop");
  const all = Object.entries(document["paths"] as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect([...tried].sort()).toEqual(all.sort());
});

type Content = Record<string, { schema?: unknown } | undefined>;

function contentOf(
  document: Record<string, unknown>,
  [path, method, status]: [string, string, number],
): Content | undefined {
  const paths = document["paths"] as Record<
    string,
    Record<string, { responses: Record<string, { content: Content }> }>
  >;
  return paths[path]?.[method.toLowerCase()]?.responses[String(status)]?.content;
}

async function listenAt(path: string): Promise<Server> {
  const umask = process.umask(0o177);
  const server = createServer(() => undefined).listen(path);
  await once(server, "listening");
  process.umask(umask);
  return server;
}

/** Asked again until it is so: there is no wait in it. */
async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setImmediate(resolve));
}

async function ended(of: OwnDaemon): Promise<void> {
  await until(async () =>
    ((await of.ask("GET", "/v1/tasks")).json as { state: string }[]).every(({ state }) => state === "ended"),
  );
}

/** @returns the id of its micro-VM */
async function running(of: OwnDaemon, id: string): Promise<string> {
  for (;;) {
    const { state, vm } = (await of.ask("GET", `/v1/tasks/${id}`)).json as { state: string; vm: string };
    if (state === "running") return vm;
  }
}

async function printed(of: OwnDaemon, id: string): Promise<void> {
  await until(async () => (await of.ask("GET", `/v1/tasks/${id}/output`)).body.includes("hi"));
}
