import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { MemoryRecord } from "../../src/contract/index.ts";
import { endStarted, mayfly, start, type CliProcess } from "../e2e/cli-process.ts";
import { OwnDaemon } from "./own-daemon.ts";

let daemon: OwnDaemon;
beforeAll(async () => {
  daemon = new OwnDaemon();
  await daemon.up("--standby", "base=0", "--no-console");
});
afterEach(endStarted);
afterAll(async () => {
  await daemon.end();
});

/** Starts a script by the daemon, which says `begun` and then does as it is told by lines. */
async function begin(script: string): Promise<{ run: CliProcess; vm: string }> {
  const run = daemon.start("run", "--user", "root", "--", "sh", "-c", `echo begun; ${script}`);
  await run.printed(/begun/);
  const [task] = (await daemon.ask("GET", "/v1/tasks")).json as { vm: string }[];
  return { run, vm: task?.vm ?? "" };
}

function changedIn({ kernel }: MemoryRecord): string[] {
  return kernel.filter(({ state }) => state !== "intact").map(({ part }) => part);
}

describe("mayfly check", () => {
  it("finds the kernel of a running task as it was, as often as it is asked, and the task goes on", async () => {
    const { run, vm } = await begin("read -r line; echo got $line; exit 3");
    const checks = [1, 2, 3].map(async () => await daemon.cli(["check", vm, "--json"]));
    for (const { status, stdout, stderr } of await Promise.all(checks)) {
      expect([status, stderr]).toEqual([0, ""]);
      const memory = JSON.parse(stdout.toString()) as MemoryRecord;
      expect(memory).toMatchObject({ state: "checked", reason: "", pages: 65_536, executables: [] });
      expect([memory.kernel.length, changedIn(memory)]).toEqual([8, []]);
      expect(memory.changedPages).toBeGreaterThan(50);
    }
    const told = await daemon.cli(["check", vm.slice(0, 9)]);
    expect(told.stdout.toString()).toMatch(/^\d+ of 65536 pages differ[^]*text: intact/);
    run.child.stdin.end("it\n");
    expect(await run.ended()).toMatchObject({ status: 3, stdout: Buffer.from("begun\ngot it\n") });
    expect((await daemon.cli(["check", vm])).status).toBe(64);
  });

  it("has status 1 where the kernel's code is another: all of its functions are traced", async () => {
    const { run, vm } = await begin(
      "mkdir /t; mount -t tracefs t /t; echo function >/t/current_tracer; echo traced; sleep 600",
    );
    await run.printed(/traced/);
    const { status, stdout } = await daemon.cli(["check", vm, "--json"]);
    expect(status).toBe(1);
    expect(changedIn(JSON.parse(stdout.toString()) as MemoryRecord)).toEqual(["text"]);
    expect((await daemon.cli(["check", vm])).stdout.toString()).toMatch(/text: changed/);
  });

  it("says what it cannot look into, and why", async () => {
    const none = await daemon.cli(["check", "mzzzzzzzzzzzz"]);
    expect([none.status, none.stderr]).toEqual([64, expect.stringContaining("No task of the daemon")]);
    expect((await daemon.cli(["check", ""])).status).toBe(64);
    const own = start("run", "--embedded", "--", "sh", "-c", "echo begun; sleep 600");
    await own.printed(/begun/);
    const [vm] = JSON.parse((await mayfly(["ps", "--json"])).stdout.toString()) as { id: string }[];
    expect((await daemon.cli(["check", vm?.id ?? ""])).status).toBe(64);
    const env = { MAYFLY_RUNTIME: `${daemon.directory}/nobody` };
    const alone = await mayfly(["check", "m4x"], { env });
    expect([alone.status, alone.stderr]).toEqual([70, expect.stringContaining("No daemon runs")]);
  });
});
