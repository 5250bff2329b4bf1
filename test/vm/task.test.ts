import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Mayfly, type RunRequest, type RunResult } from "../../src/index.ts";
import { difference } from "../support/difference.ts";
import { leftovers } from "../support/leftovers.ts";

let mayfly: Mayfly;
let scratch: string;
beforeAll(async () => {
  mayfly = await Mayfly.open();
  scratch = mkdtempSync(join(tmpdir(), "mayfly-test-"));
});
afterAll(async () => {
  await mayfly.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs a task and checks what holds for every task: it is disposed of, and nothing is left. */
async function run(request: RunRequest): Promise<RunResult> {
  const result = await mayfly.run(request);
  expect(result.disposal).toMatchObject({ complete: true });
  expect(leftovers([result.id].filter((id) => id !== ""))).toEqual([]);
  return result;
}
const sh = async (script: string, more: Partial<RunRequest> = {}): Promise<RunResult> =>
  await run({ command: ["sh", "-c", script], ...more });
const sha = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

describe("a command", () => {
  it("gives back output and exit status, streams apart", async () => {
    const result = await sh("echo out; echo err >&2; exit 3");
    expect(result).toMatchObject({ outcome: { kind: "exited", code: 3 }, exitCode: 3 });
    expect([result.stdout.toString(), result.stderr.toString()]).toEqual(["out\n", "err\n"]);
    expect(["hardware", "emulated"]).toContain(result.isolation?.kind);
  });

  it("tells a signal from a status", async () => {
    expect((await sh("kill -TERM $$")).outcome).toEqual({ kind: "signalled", signal: 15 });
    expect((await sh("kill -KILL $$")).exitCode).toBe(137);
  });

  it("says 127 for a missing command and 126 for one that cannot be run", async () => {
    expect(await run({ command: ["no-such-program"] })).toMatchObject({
      exitCode: 127,
      outcome: { kind: "failed", code: "E_COMMAND_NOT_FOUND" },
    });
    expect(await run({ command: ["/etc/passwd"] })).toMatchObject({
      exitCode: 126,
      outcome: { code: "E_COMMAND_NOT_EXECUTABLE" },
    });
    expect(await run({ command: ["true"], cwd: "/no/such/place" })).toMatchObject({
      outcome: { kind: "failed" },
    });
    expect(await run({ command: ["true"], user: "nobody-at-all" })).toMatchObject({
      outcome: { kind: "failed" },
    });
  });

  it("gets arguments, variables and directory exactly", async () => {
    const odd = "a b'\"$`\\\n\té日本🙂";
    const result = await run({
      command: ["sh", "-c", 'printf "%s|%s|%s" "$1" "$ODD" "$PWD"', "sh", odd],
      env: { ODD: odd },
      cwd: "/tmp",
    });
    expect(result.stdout.toString()).toBe(`${odd}|${odd}|/tmp`);
  });

  it("passes standard input on, byte for byte, and closes it", async () => {
    const bytes = randomBytes(5 * 1024 * 1024 + 17);
    const chunks: Buffer[] = [];
    const stdout = new Writable({
      write(chunk: Buffer, _e, done) {
        chunks.push(chunk);
        done();
      },
    });
    await run({ command: ["cat"], stdin: bytes, stdout });
    expect(difference(Buffer.concat(chunks), bytes)).toBe("none");
  });

  it("keeps both outputs whole when they are large and interleaved", async () => {
    const result = await sh("i=0; while [ $i -lt 3000 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done");
    const lines = (letter: string): string =>
      Array.from({ length: 3000 }, (_, i) => `${letter}${i}\n`).join("");
    expect(result.stdout.toString()).toBe(lines("o"));
    expect(result.stderr.toString()).toBe(lines("e"));
  });

  it("ends although a child of it keeps its output open", async () => {
    expect((await sh("sleep 1000 & echo done")).stdout.toString()).toBe("done\n");
  });

  it("has a terminal when it asks for one", async () => {
    const result = await sh("test -t 0 && test -t 1 && stty size; tty", {
      terminal: { rows: 33, columns: 99 },
    });
    expect(result.stdout.toString()).toMatch(/33 99\r\n\/dev\/pts\/\d+/);
  });

  it("has no rights, no network and no way to gain either", async () => {
    const { stdout } = await sh(
      "id -u; grep NoNewPrivs /proc/self/status; ls /sys/class/net; cat /proc/sys/kernel/modules_disabled; grep -c . /proc/net/route; touch /etc/x /in/x 2>&1; echo end",
    );
    const text = stdout.toString();
    expect(text).toMatch(/^1000\nNoNewPrivs:\t1\nlo\n1\n1\n/);
    expect(text).toContain("/etc/x");
    expect(text).toContain("/in/x");
  });

  it("is cancelled by its caller", async () => {
    const abort = new AbortController();
    setTimeout(() => {
      abort.abort();
    }, 300);
    expect(await sh("sleep 1000", { signal: abort.signal })).toMatchObject({
      outcome: { kind: "cancelled" },
      exitCode: 130,
    });
  });

  it("ends when nobody reads its output any more", async () => {
    const stdout = new Writable({
      write(_chunk, _e, done) {
        done(new Error("EPIPE"));
      },
    });
    expect(await run({ command: ["yes"], stdout })).toMatchObject({ outcome: { kind: "cancelled" } });
  });
});

describe("inputs", () => {
  it("are in /in, read-only, executable only if they were", async () => {
    const plain = join(scratch, "data.csv");
    const script = join(scratch, "tool.sh");
    writeFileSync(plain, "1,2\n");
    writeFileSync(script, "#!/bin/sh\necho ran\n");
    chmodSync(script, 0o755);
    const { stdout } = await sh(
      "ls /in; cat /in/data.csv; /in/tool.sh; echo x 2>/dev/null >/in/data.csv || echo refused; rm -f /in/data.csv 2>/dev/null; cat /in/data.csv",
      { inputs: [plain, script] },
    );
    expect(stdout.toString()).toBe("data.csv\ntool.sh\n1,2\nran\nrefused\n1,2\n");
  });

  it("are exact at any size", async () => {
    const path = join(scratch, "large.bin");
    const bytes = randomBytes(20 * 1024 * 1024 + 3);
    writeFileSync(path, bytes);
    const empty = join(scratch, "empty");
    writeFileSync(empty, "");
    const { stdout } = await sh("sha256sum < /in/large.bin; wc -c < /in/empty", { inputs: [path, empty] });
    expect(stdout.toString()).toContain(sha(bytes));
    expect(stdout.toString()).toMatch(/\n0\n$/);
  });

  it.each([
    ["missing", () => join(scratch, "nothing"), "E_INPUT_MISSING"],
    ["a directory", () => scratch, "E_INPUT_KIND"],
    ["a device", () => "/dev/zero", "E_INPUT_KIND"],
  ])("that are %s are refused before a machine is made", async (_what, path, code) => {
    const result = await run({ command: ["true"], inputs: [path()] });
    expect(result).toMatchObject({ outcome: { kind: "failed", code }, origin: "none", exitCode: 66 });
  });

  it("that do not fit are refused with the memory to ask for", async () => {
    const path = join(scratch, "huge");
    writeFileSync(path, "");
    const { truncateSync } = await import("node:fs");
    truncateSync(path, 400 * 1024 * 1024);
    const result = await run({ command: ["true"], inputs: [path] });
    expect(result.outcome).toMatchObject({
      kind: "failed",
      code: "E_INPUT_TOO_LARGE",
      next: expect.stringContaining("--memory") as string,
    });
  });

  it("that change while they are read are told", async () => {
    const path = join(scratch, "growing");
    writeFileSync(path, randomBytes(30 * 1024 * 1024));
    const writer = setInterval(() => {
      writeFileSync(path, randomBytes(1000), { flag: "a" });
    }, 5);
    const result = await run({ command: ["true"], inputs: [path] });
    clearInterval(writer);
    expect(result.outcome).toMatchObject({ kind: "failed", code: "E_INPUT_CHANGED" });
  });
});

describe("outputs", () => {
  it("come back, whole and in directories", async () => {
    const out = join(scratch, "out-1");
    const result = await sh(
      "mkdir -p /out/a/b; echo one > /out/one.txt; head -c 3000000 /dev/urandom > /out/a/b/two.bin; sha256sum < /out/a/b/two.bin; : > /out/empty",
      { out },
    );
    expect(result.outputs.map(({ path }) => path).sort()).toEqual(["a/b/two.bin", "empty", "one.txt"]);
    expect(readFileSync(join(out, "one.txt"), "utf8")).toBe("one\n");
    expect(result.stdout.toString()).toContain(sha(readFileSync(join(out, "a/b/two.bin"))));
    expect(result.refusedOutputs).toEqual([]);
  });

  it("that are not plain files, or have names to be obeyed, stay behind and are told", async () => {
    const out = join(scratch, "out-2");
    const result = await sh(
      'cd /out; ln -s /etc/passwd link; ln -s /etc dir-link; mkfifo fifo; touch "$(printf "evil\\033[2Jname")" "$(printf "new\\nline")"; printf "\\342\\200\\256gpj.exe" | xargs touch; echo ok > fine; chmod 6777 fine',
      { out },
    );
    expect(readdirSync(out)).toEqual(["fine"]);
    expect(statSync(join(out, "fine")).mode & 0o7777).toBe(0o644);
    expect(result.refusedOutputs).toHaveLength(6);
    for (const { path } of result.refusedOutputs) expect(path).toMatch(/^[\x20-\x7e]+$/);
  });

  it("never replace a file of the user's, unless told to", async () => {
    const out = join(scratch, "out-3");
    mkdirSync(out);
    writeFileSync(join(out, "report.csv"), "mine");
    const kept = await sh("echo theirs > /out/report.csv", { out });
    expect(readFileSync(join(out, "report.csv"), "utf8")).toBe("mine");
    expect(readFileSync(join(out, "report (2).csv"), "utf8")).toBe("theirs\n");
    expect(kept.warnings.join()).toContain("report (2).csv");
    await sh("echo forced > /out/report.csv", { out, force: true });
    expect(readFileSync(join(out, "report.csv"), "utf8")).toBe("forced\n");
  });

  it("never leave the directory through a link of the user's own", async () => {
    const out = join(scratch, "out-4");
    const elsewhere = join(scratch, "elsewhere");
    mkdirSync(out);
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(out, "sub"));
    const result = await sh("mkdir /out/sub; echo x > /out/sub/file", { out });
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(result.refusedOutputs.some(({ path }) => path === "sub/file")).toBe(true);
  });

  it.each([
    ["count", "i=0; while [ $i -lt 200 ]; do : > /out/$i; i=$((i+1)); done", { outFiles: 50 }, "outFiles"],
    ["size", "head -c 3000000 /dev/zero > /out/big", { outBytes: 1_000_000 }, "outBytes"],
  ])("over the limit on %s end the task, and the limit is named", async (...[, script, limits, limit]) => {
    expect(await sh(script, { out: join(scratch, `out-${limit}`), limits })).toMatchObject({
      outcome: { kind: "limit", limit },
      exitCode: 124,
    });
  });

  it("that came before a failure are kept and told", async () => {
    const out = join(scratch, "out-partial");
    const result = await sh("echo small > /out/a; head -c 3000000 /dev/zero > /out/b", {
      out,
      limits: { outBytes: 1_000_000 },
    });
    expect(result.outcome).toMatchObject({ kind: "limit", limit: "outBytes" });
    expect(result.outputs.map(({ path }) => path)).toEqual(["a"]);
    expect(readdirSync(out)).toEqual(["a"]);
  });

  it("with something of the user's in the way stay behind, one by one", async () => {
    const out = join(scratch, "out-in-the-way");
    mkdirSync(join(out, "dir"), { recursive: true });
    writeFileSync(join(out, "file"), "mine");
    const result = await sh(
      "mkdir /out/file; echo x > /out/file/inside; echo y > /out/dir; echo z > /out/fine",
      { out, force: true },
    );
    expect(result.outcome).toEqual({ kind: "exited", code: 0 });
    expect(result.outputs.map(({ path }) => path)).toEqual(["fine"]);
    expect(result.refusedOutputs.map(({ path }) => path).sort()).toEqual(["dir", "file/inside"]);
    expect(readFileSync(join(out, "file"), "utf8")).toBe("mine");
  });

  it("deeper than the limit stay behind, and the rest comes back", async () => {
    const out = join(scratch, "out-deep");
    const result = await sh("mkdir -p /out/a/b/c; echo x > /out/a/b/c/d; echo y > /out/a/e", {
      out,
      limits: { outDepth: 3 },
    });
    expect(result.outputs.map(({ path }) => path)).toEqual(["a/e"]);
    expect(result.refusedOutputs.map(({ why }) => why).join()).toContain("deeper");
  });

  it("can be given up while they are collected, and nothing unfinished is left", async () => {
    const out = join(scratch, "out-cancelled");
    const abort = new AbortController();
    const watch = setInterval(() => {
      const staging = existsSync(out) ? readdirSync(out).filter((name) => /^\.mayfly-m\w+$/.test(name)) : [];
      if (staging.some((name) => readdirSync(join(out, name)).length > 0)) abort.abort();
    }, 5);
    const result = await sh("truncate -s 900M /out/big", { out, signal: abort.signal });
    clearInterval(watch);
    expect(result.outcome).toEqual({ kind: "cancelled" });
    expect(readdirSync(out)).toEqual([]);
  });
});
