import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { MayflyError, sleep } from "../foundation/index.ts";
import { identifyProcess } from "./identity.ts";
import { runTool } from "./run-tool.ts";
import type { ToolOptions } from "./tool-options.ts";

const scratch = mkdtempSync(join(tmpdir(), "mayfly-tool-"));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const QUICK: ToolOptions = { timeoutMs: 20_000 };

const failureOf = async (
  argv: readonly string[],
  options: Partial<ToolOptions> = {},
): Promise<MayflyError> => {
  const failure = await runTool(argv, { ...QUICK, ...options }).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(failure).toBeInstanceOf(MayflyError);
  return failure as MayflyError;
};

/** Waits until the shell that was started has written its process ids. */
/** A killed process closes its files a moment before `/proc` calls it dead. */
async function expectGone(pid: number): Promise<void> {
  for (let tries = 0; tries < 500 && identifyProcess(pid) !== undefined; tries++) await sleep(10);
  expect(identifyProcess(pid)).toBeUndefined();
}

async function idsIn(path: string): Promise<number[]> {
  for (let tries = 0; tries < 500; tries++) {
    const text = await Promise.resolve()
      .then(() => readFileSync(path, "latin1"))
      .catch(() => "");
    const ids = text
      .split("\n")
      .filter((line) => line !== "")
      .map(Number);
    if (ids.length === 2) return ids;
    await sleep(10);
  }
  return expect.fail(`${path} did not get two ids`);
}

describe("runTool", () => {
  it("gives output, and lines of both streams as they come", async () => {
    const lines: string[] = [];
    const result = await runTool(["sh", "-c", "echo out; echo err >&2"], {
      ...QUICK,
      onLine: (line) => lines.push(line),
    });
    expect(result).toMatchObject({ status: 0, stdout: "out\n", stderrTail: ["err"] });
    expect(lines.sort()).toEqual(["err", "out"]);
  });

  it("feeds text or a file, and nothing by default", async () => {
    const file = join(scratch, "input");
    writeFileSync(file, "from a file");
    expect((await runTool(["cat"], { ...QUICK, input: "text" })).stdout).toBe("text");
    expect((await runTool(["cat"], { ...QUICK, input: { file } })).stdout).toBe("from a file");
    expect((await runTool(["cat"], QUICK)).stdout).toBe("");
  });

  it("survives a tool that reads none of a long input", async () => {
    await expect(runTool(["true"], { ...QUICK, input: "x".repeat(4_000_000) })).resolves.toMatchObject({
      status: 0,
    });
  });

  it("tells status and last words of a failure, neutralised, under the asked code", async () => {
    const failure = await failureOf(["sh", "-c", "printf 'E: bad \\033[31mthing\\n' >&2; exit 3"], {
      failure: "E_IMAGE_BUILD",
    });
    expect(failure.code).toBe("E_IMAGE_BUILD");
    expect(failure.message).toBe("sh ended with status 3: E: bad \\u{1b}[31mthing");
    expect(failure.log).toHaveLength(1);
  });

  it("accepts other statuses where told to", async () => {
    expect((await runTool(["sh", "-c", "exit 7"], { ...QUICK, accept: [0, 7] })).status).toBe(7);
  });

  it("recognises a missing program, a full disk and a signal", async () => {
    expect(await failureOf(["mayfly-no-such-program"])).toMatchObject({ code: "E_SETUP_NEEDED" });
    const full = ["sh", "-c", "echo 'write error: No space left on device' >&2; exit 1"];
    expect(await failureOf(full)).toMatchObject({ code: "E_DISK_FULL" });
    expect((await failureOf(["sh", "-c", "kill -9 $$"])).message).toContain("SIGKILL");
  });

  it("ends the whole group of a late tool", async () => {
    const ids = join(scratch, "late");
    const failure = await failureOf(["sh", "-c", `sleep 300 & echo $$ >${ids}; echo $! >>${ids}; wait`], {
      timeoutMs: 300,
    });
    expect(failure.message).toContain("did not finish within 300 ms");
    for (const pid of await idsIn(ids)) await expectGone(pid);
  });

  it("ends a tool that ignores SIGTERM, and its children", { timeout: 60_000 }, async () => {
    const ids = join(scratch, "stubborn");
    const script = `trap '' TERM; sleep 300 & echo $$ >${ids}; echo $! >>${ids}; wait; sleep 300`;
    const cancel = new AbortController();
    const reason = new MayflyError("E_CANCELLED", "enough");
    const run = failureOf(["sh", "-c", script], { signal: cancel.signal });
    const pids = await idsIn(ids);
    cancel.abort(reason);
    expect(await run).toBe(reason);
    for (const pid of pids) await expectGone(pid);
  });

  it("starts nothing after an abort", async () => {
    const reason = new MayflyError("E_CANCELLED", "enough");
    expect(await failureOf(["touch", join(scratch, "never")], { signal: AbortSignal.abort(reason) })).toBe(
      reason,
    );
    expect(() => readFileSync(join(scratch, "never"))).toThrow();
  });

  it("leaves no descendant behind after a tool's own end", async () => {
    const ids = join(scratch, "left");
    await runTool(["sh", "-c", `sleep 300 & echo $$ >${ids}; echo $! >>${ids}`], QUICK);
    for (const pid of await idsIn(ids)) await expectGone(pid);
  });

  it("stops a tool that says too much", async () => {
    const failure = await failureOf(["yes"], { maxOutput: 10_000 });
    expect(failure.message).toContain("more than 10000 bytes");
  });

  it("bounds a line that never ends", async () => {
    const lines: string[] = [];
    await runTool(["sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x"], {
      ...QUICK,
      onLine: (line) => lines.push(line),
    });
    expect(lines.join("").length).toBeLessThan(5000);
  });
});
