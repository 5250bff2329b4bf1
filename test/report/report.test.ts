import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SignedReport } from "../../src/contract/index.ts";
import { Mayfly, formatReport, verifyReport } from "../../src/index.ts";
import { mayfly, onTerminal, type CliResult } from "../e2e/cli-process.ts";
import { mountTmpfs } from "../support/private-store.ts";
import { HOSTILE_NAMES, unsigned, withName } from "../support/sample-report.ts";
import { schemaErrors } from "./schema-errors.ts";

let scratch: string;
let state: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "mayfly-report-"));
  state = join(scratch, "state");
});
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const cli = async (...args: readonly string[]): Promise<CliResult> =>
  await mayfly(args, { env: { MAYFLY_STATE: state } });
const text = ({ stdout }: CliResult): string => stdout.toString();

describe("the report of a run", () => {
  it("is kept, shown in each format, found and verified", async () => {
    const input = join(scratch, "<b>in.txt");
    writeFileSync(input, "hello");
    const run = await cli(
      "run",
      "--json",
      input,
      "--out",
      join(scratch, "out"),
      "--",
      "sh",
      "-c",
      "cp /in/* /out/x; exit 3",
    );
    const { id, report } = JSON.parse(text(run)) as { id: string; report: { id: string; stored: string } };
    expect(report.id).toBe(id);
    expect(existsSync(report.stored)).toBe(true);

    const shown = text(await cli("report", "last"));
    expect(shown).toContain(id);
    expect(shown).toContain("exited with status 3");
    expect(shown).toMatch(/ledger: entry removed/);

    const signed = JSON.parse(text(await cli("report", id.slice(0, 8), "--format", "json"))) as SignedReport;
    expect(schemaErrors(signed)).toBe("");
    expect(signed.report.result).toMatchObject({ id, exitCode: 3, outputs: [{ path: "x", bytes: 5 }] });
    expect(signed.report.granted.find(({ what }) => what === "input <b>in.txt")?.used).toBe("5 B copied in");
    for (const format of ["html", "stix", "navigator", "jsonl"]) {
      const file = join(scratch, `it.${format}`);
      expect(await cli("report", id, "--format", format, "--output", file)).toMatchObject({ status: 0 });
      expect(readFileSync(file, "utf8")).toContain(id);
      expect((await cli("report", id, "--format", format, "--output", file)).status).toBe(73);
    }
    expect(text(await cli("report", id, "--tighten"))).toContain("needs no policy at all");

    const [first] = JSON.parse(
      text(await cli("reports", "--json", "--since", "1h", "--profile", "base", "cp /in/*")),
    ) as { id: string }[];
    expect(first?.id).toBe(id);
    expect(text(await cli("reports", "no such text anywhere"))).toBe("");
    expect(text(await cli("reports", "--severity", "high"))).toBe("");

    const file = join(scratch, "report.json");
    writeFileSync(file, (await cli("report", id, "--format", "json")).stdout);
    expect(readFileSync(file).equals(readFileSync(report.stored))).toBe(true);
    expect(await cli("verify", file)).toMatchObject({ status: 0 });
    writeFileSync(file, readFileSync(file, "utf8").replace('"exitCode":3', '"exitCode":0'));
    expect(await cli("verify", file)).toMatchObject({ status: 65 });
    expect((await cli("verify", input)).status).toBe(65);
    expect((await cli("verify", join(scratch, "nothing"))).status).toBe(66);

    expect(text(await cli("reports", "rm", id.slice(0, 9))).trim()).toBe(id);
    expect((await cli("report", id)).status).toBe(64);
  });

  it("is another installation's elsewhere, and trusted there by its fingerprint", async () => {
    const file = join(scratch, "other.json");
    await cli("run", "--report", file, "--", "true");
    const elsewhere = async (...args: readonly string[]): Promise<CliResult> =>
      await mayfly(["verify", file, ...args], { env: { MAYFLY_STATE: join(scratch, "elsewhere") } });
    const { status, stdout } = await elsewhere("--json");
    const { fingerprint } = JSON.parse(stdout.toString()) as { fingerprint: string };
    expect(status).toBe(1);
    expect((await elsewhere("--key", fingerprint)).status).toBe(0);
    expect((await verifyReport(file, { state })).signer).toBe("own");
  });

  it("is named in one line on a terminal, and not made with --no-report", async () => {
    const env = { MAYFLY_STATE: join(scratch, "terminal") };
    const session = await onTerminal("$MAYFLY run -- true", { env, input: "" }).ended();
    expect(session.stdout.toString()).toMatch(/mayfly report m[0-9a-z]{12}/);
    await mayfly(["run", "--no-report", "--", "true"], { env });
    expect(readdirSync(join(env.MAYFLY_STATE, "reports"))).toHaveLength(1);
  });

  it("never fails the task: what keeps it from being kept is a warning", async () => {
    const blocked = join(scratch, "blocked");
    writeFileSync(blocked, "a file where the directory should be");
    await using here = await Mayfly.open({ state: blocked });
    const result = await here.run({ command: ["true"] });
    expect(result).toMatchObject({ exitCode: 0, outcome: { kind: "exited", code: 0 } });
    expect(result.warnings.join()).toContain("the report could not be made");
  });

  it("is a warning on a full disk, and nothing half-written is left", async () => {
    const full = join(scratch, "full");
    using mounted = mountTmpfs(full, "size=64k");
    if (mounted === undefined) return;
    await using here = await Mayfly.open({ state: full });
    await here.run({ command: ["true"] });
    const filler = openSync(join(full, "filler"), "w");
    expect(() => {
      for (;;) writeSync(filler, Buffer.alloc(4096));
    }).toThrow(/ENOSPC/);
    closeSync(filler);
    let told: SignedReport | undefined;
    const onReport = (signed: SignedReport): void => {
      told = signed;
    };
    const command = ["echo", "x"];
    const result = await here.run({ command, onReport });
    expect(result.exitCode).toBe(0);
    expect(result.warnings.join()).toContain("the report could not be kept");
    expect(told?.report.result.id).toBe(result.id);
    expect(readdirSync(join(full, "reports")).every((name) => name.endsWith(".json"))).toBe(true);
  });

  it("is there when the result is, in the list too, until it is removed", async () => {
    await using here = await Mayfly.open({ state });
    const { report, id } = await here.run({ command: ["true"] });
    const { timings, startedAt } = here.reports.get(id).report.result;
    const ready = statSync(report?.stored ?? "").mtimeMs - (Date.parse(startedAt) + (timings.disposed ?? 0));
    expect(report?.findings).toEqual({ info: 0, low: 0, medium: 0, high: 0, critical: 0 });
    expect(ready).toBeGreaterThan(-50);
    expect(here.reports.list({ limit: 1 })[0]?.id).toBe(id);
    expect(here.reports.remove(id)).toBe(id);
  });
});

describe("the page in a browser", () => {
  it("loads nothing, breaks no policy, and shows hostile names as text", async () => {
    const page = join(scratch, "hostile.html");
    const marker =
      "<script>document.title='owned'</script><img src=https://x.invalid onerror=document.title='owned'>";
    writeFileSync(
      page,
      await formatReport(unsigned(withName(`${HOSTILE_NAMES.join(" ")} ${marker}`)), "html"),
    );
    const browser = spawn(
      "chromium",
      [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        `--user-data-dir=${join(scratch, "browser")}`,
        "--enable-logging=stderr",
        "--dump-dom",
        `file://${page}`,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    let [dom, log] = ["", ""];
    browser.stdout.on("data", (chunk: Buffer) => (dom += chunk.toString()));
    browser.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
    await once(browser, "close");
    expect(dom).toContain("<title>Mayfly report m0123456789ab</title>");
    expect(dom).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(dom).not.toMatch(/<script|<img|onerror="|onload="/);
    expect(log).not.toMatch(/CONSOLE/);
  });
});
