import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "../../src/contract/index.ts";
import { shippedRules } from "../support/shipped-rules.ts";
import { ROOT, endStarted, mayfly, type CliResult } from "./cli-process.ts";

let scratch: string;
let mine: string;
beforeAll(() => {
  execFileSync(join(ROOT, "mayfly"), ["--version"], { stdio: "ignore" }); // builds where that is due
  scratch = mkdtempSync(join(tmpdir(), "mayfly-rules-"));
  mine = join(scratch, "mine.yaml");
  writeFileSync(
    mine,
    `rules:
  - id: mine-zebra
    severity: high
    text: A zebra was made.
    techniques: [T1053.003]
    match: { event: create, path: { glob: "**/zebra" } }
`,
  );
});
afterEach(endStarted);
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const rules = async (...words: readonly string[]): Promise<CliResult> => await mayfly(["rules", ...words]);
const parse = ({ stdout }: CliResult): unknown => JSON.parse(stdout.toString());

describe("mayfly rules", () => {
  it("lists every rule that is shipped, and one's own beside them", async () => {
    const shipped = [...(await shippedRules()).values()].flat().map(({ id }) => id);
    const listed = parse(await rules("--json", "--rules", mine)) as { id: string; where: string }[];
    expect(listed.map(({ id }) => id).sort()).toEqual([...shipped, "mine-zebra"].sort());
    expect(listed.find(({ id }) => id === "mine-zebra")?.where).toMatch(/mine\.yaml:2$/);
    const { status, stdout } = await rules("--rules", mine);
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(/^mine-zebra +high +T1053\.003 +A zebra was made\./m);
  });

  it("shows one, with its technique as it was published, and suggests another", async () => {
    const { status, stdout } = await rules("show", "persistence-cron");
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(/T1053\.003 Cron .*attack\.mitre\.org/);
    expect(stdout.toString()).toContain("id: persistence-cron");
    const wrong = await rules("show", "persistence-corn");
    expect([wrong.status, wrong.stderr]).toEqual([
      64,
      expect.stringContaining("Did you mean persistence-cron?"),
    ]);
  });

  it("checks a file, and tells the line of a mistake", async () => {
    expect(parse(await rules("check", mine, "--json"))).toEqual({ ok: true, rules: 1 });
    expect(await rules("check", mine)).toMatchObject({ status: 0, stderr: "" });
    const wrong = join(scratch, "wrong.yaml");
    writeFileSync(
      wrong,
      'rules:\n  - id: wrong\n    severity: high\n    text: X.\n    match: { event: creat, path: "/x" }\n',
    );
    const { status, stderr } = await rules("check", wrong);
    expect(status).toBe(64);
    expect(stderr).toMatch(/wrong\.yaml:5/);
    expect((await rules("check", join(scratch, "none.yaml"))).status).toBe(66);
  });

  it("of one's own are held against a run, and acted on", async () => {
    const policy = join(scratch, "policy.yaml");
    writeFileSync(policy, "on_finding: { severity: high, do: kill }\n");
    const report = join(scratch, "report.json");
    const run = ["--rules", mine, "--policy", policy, "--report", report];
    const { status, stderr } = await mayfly(["run", ...run, "--", "sh", "-c", ": >/tmp/zebra; sleep 300"]);
    expect([status, stderr]).toEqual([125, expect.stringContaining("A zebra was made.")]);
    const shown = JSON.parse(readFileSync(report, "utf8")) as { report: Report };
    expect(shown.report.findings[0]).toMatchObject({
      rule: "mine-zebra",
      techniques: [{ id: "T1053.003", name: "Cron" }],
      voice: "witness",
    });
  });
});
