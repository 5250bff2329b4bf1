import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CliProcess, endStarted, mayfly, onTerminal, type CliResult } from "./cli-process.ts";

let scratch: string;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "mayfly-lost-"));
  expect((await mayfly(["setup", "--quiet"])).status).toBe(0);
});
afterEach(endStarted);
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const bash = async (script: string): Promise<CliResult> =>
  await new CliProcess(["bash", "-c", script], { input: "", cwd: scratch }).ended();
const parse = ({ stdout }: CliResult): unknown => JSON.parse(stdout.toString()) as unknown;

describe("--report", () => {
  const report = async (path: string, ...options: readonly string[]): Promise<CliResult> =>
    await mayfly(["run", "--report", path, ...options, "--", "echo", "hi"]);

  it("replaces a file with --force only, and follows a link to it", async () => {
    const [file, link] = [join(scratch, "kept.json"), join(scratch, "link.json")];
    writeFileSync(file, "mine");
    symlinkSync(file, link);
    expect(await report(link)).toMatchObject({ status: 73, stdout: Buffer.alloc(0) });
    expect(readFileSync(file, "utf8")).toBe("mine");
    expect((await report(link, "--force")).status).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ report: { result: { exitCode: 0 } } });
    expect(readdirSync(scratch).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("refuses a directory, a link to nothing and a pipe that nobody reads before the task runs", async () => {
    mkdirSync(join(scratch, "directory"));
    symlinkSync(join(scratch, "nothing"), join(scratch, "dangling"));
    execFileSync("mkfifo", [join(scratch, "unread")]);
    for (const name of ["directory", "dangling", "unread"])
      expect(await report(join(scratch, name), "--force")).toMatchObject({
        status: 73,
        stdout: Buffer.alloc(0),
      });
  });

  it("writes to a pipe and to our own standard output as they are", async () => {
    const pipe = join(scratch, "pipe");
    execFileSync("mkfifo", [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    expect((await report(pipe, "--force")).status).toBe(0);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    closeSync(reader);
    await bash("$MAYFLY run --report /dev/fd/1 -- echo hi >both");
    expect(readFileSync(join(scratch, "both"), "utf8")).toMatch(/^hi\n\{"receipt":.*\}\n$/);
  });
});

describe("output that cannot be written", () => {
  it.each(["profiles", "run --json -- echo x", "run -- echo x"])("is no success of %s", async (words) => {
    const { status, stderr } = await bash(`$MAYFLY ${words} >/dev/full`);
    expect(stderr).toMatch(/^mayfly: Could not write standard output: ENOSPC\n {2}\S.*\n$/);
    expect(status).toBe(74);
  });
});

describe("what is refused", () => {
  it.each([
    ["kill ''", /id is empty/],
    ["run --json --output 1G -- true", /--json .* 256M; --output asks for 1G/],
    ["run --vcpus 1.5 -- true", /whole number/],
    ["run -- echo $'\\xff'", /not valid UTF-8/],
    ["run --env A -- true", /not valid UTF-8/],
  ])("%s", async (words, pattern) => {
    const { status, stdout, stderr } = await bash(`export A=$'\\xff'; $MAYFLY ${words}`);
    expect(status).toBe(64);
    expect(stdout.toString() + stderr).toMatch(pattern); // --json tells it on standard output
  });

  it("an input without a name, but not the character that stands for what is no UTF-8", async () => {
    expect(await mayfly(["run", "", "--", "true"])).toMatchObject({
      status: 66,
      stderr: expect.stringContaining("empty") as string,
    });
    expect((await mayfly(["run", "--", "echo", "\ufffd"])).stdout.toString()).toBe("\ufffd\n");
  });
});

describe("--json", () => {
  it("of what makes and removes things prints what that was", async () => {
    expect(parse(await mayfly(["setup", "--json"]))).toMatchObject({ profiles: [{ profile: "base" }] });
    expect(parse(await mayfly(["images", "build", "base", "--json"]))).toMatchObject([{ profile: "base" }]);
    expect(parse(await mayfly(["kill", "m-none", "--json"]))).toMatchObject([
      { id: "m-none", error: { code: "E_UNKNOWN_TASK" } },
    ]);
    expect(parse(await mayfly(["completion", "bash", "--json"]))).toMatchObject({ shell: "bash" });
  });

  it("of a shell comes after the session, whose terminal is reset once", async () => {
    const session = onTerminal("$MAYFLY shell --json; echo status $?");
    await session.printed(/[$#] /);
    session.child.stdin.write("exit 5\r");
    await session.printed(/status 5/);
    const shown = (await session.ended()).stdout.toString();
    expect(shown).toMatch(/"exitCode": 5/);
    expect(shown.split("\u001b(B\u000f")).toHaveLength(2);
  });
});
