import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { leftovers, ledgerEntries } from "../support/leftovers.ts";
import { ROOT, endStarted, mayfly, onTerminal, start } from "./cli-process.ts";

const INVOICE = join(ROOT, "examples/supplier-invoice.docx");
const BUDGET = join(ROOT, "examples/budget.xlsx");

let directory: string;
beforeAll(async () => {
  execFileSync(join(ROOT, "mayfly"), ["--version"], { stdio: "ignore" }); // builds where that is due
  expect((await mayfly(["setup", "--quiet", "office"])).status).toBe(0);
}, 900_000);
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mayfly-open-"));
});
afterEach(async () => {
  await endStarted();
  rmSync(directory, { recursive: true, force: true });
});

/** Puts a document where the tests may write beside it. */
function given(name: string, source = INVOICE): string {
  const path = join(directory, name);
  copyFileSync(source, path);
  return path;
}

interface Json {
  readonly error?: { code: string; next: string | null };
  readonly outcome: { kind: string; code?: string };
  readonly pages: number;
  readonly format: string;
  readonly forms: readonly { path: string; form: string; bytes: number }[];
  readonly report: {
    id: string;
    inputs: readonly { name: string; sha256: string }[];
    disposal: { complete: boolean };
  };
}

describe("mayfly open", () => {
  it("writes a safe PDF beside the document and prints its path", async () => {
    const path = given("invoice.docx");
    const { status, stdout, stderr } = await mayfly(["open", path, "--quiet"]);
    expect([status, stdout.toString(), stderr]).toEqual([0, `${join(directory, "invoice.safe.pdf")}\n`, ""]);
    expect(readFileSync(join(directory, "invoice.safe.pdf")).subarray(0, 5).toString()).toBe("%PDF-");
    expect(readFileSync(path).equals(readFileSync(INVOICE))).toBe(true);
    expect(readdirSync(directory).sort()).toEqual(["invoice.docx", "invoice.safe.pdf"]);
  });

  it("tells everything as JSON", async () => {
    const { status, stdout } = await mayfly([
      "open",
      BUDGET,
      "--as",
      "csv,pdf",
      "--out",
      directory,
      "--json",
    ]);
    const result = JSON.parse(stdout.toString()) as Json;
    expect([status, result.outcome.kind, result.format, result.pages]).toEqual([0, "converted", "xlsx", 2]);
    expect(result.forms.map(({ path }) => path)).toEqual([
      join(directory, "budget.safe.pdf"),
      join(directory, "budget.safe-Budget.csv"),
      join(directory, "budget.safe-Summary.csv"),
    ]);
    const digest = execFileSync("sha256sum", [BUDGET]).toString().split(" ")[0];
    expect(result.report.inputs).toEqual([
      { name: "document.xlsx", bytes: readFileSync(BUDGET).length, sha256: digest },
    ]);
    const shown = (await mayfly(["report", result.report.id])).stdout.toString();
    expect(shown.split("\n")[0]).toBe(`${result.report.id}  open budget.xlsx --as pdf,csv`);
    expect(readFileSync(join(directory, "budget.safe-Summary.csv"), "utf8")).toMatch(
      /^Total of the year,1063900\r\n/,
    );
    expect(leftovers([result.report.id])).toEqual([]);
  });

  it("replaces nothing without --force", async () => {
    const path = given("invoice.docx");
    writeFileSync(join(directory, "invoice.safe.pdf"), "mine");
    const refused = await mayfly(["open", path]);
    expect(refused.status).toBe(73);
    expect(refused.stderr).toMatch(/invoice\.safe\.pdf exists already\n {2}Use --force/);
    expect(readFileSync(join(directory, "invoice.safe.pdf"), "utf8")).toBe("mine");
    expect((await mayfly(["open", path, "--force", "--pages", "1"])).status).toBe(0);
    expect(readFileSync(join(directory, "invoice.safe.pdf"), "latin1")).toMatch(/^%PDF-/);
  });

  it("opens what comes on standard input", async () => {
    const input = readFileSync(INVOICE);
    const options = { input, cwd: directory };
    const { status, stdout } = await mayfly(
      ["open", "-", "--name", "from web.docx", "--as", "text"],
      options,
    );
    expect([status, stdout.toString()]).toEqual([0, `${join(directory, "from web.safe.txt")}\n`]);
    expect(readFileSync(join(directory, "from web.safe.txt"), "utf8")).toMatch(
      /Invoice 2026-1107[^]*Bücher|Zürich/,
    );
  });

  it("shows names that would command a terminal, and gives the copies tame ones", async () => {
    const path = given("a\n\u001b[31mred\u202efdp.docx");
    const { status, stdout, stderr } = await mayfly(["open", path, "--as", "text"]);
    expect(status).toBe(0);
    for (const command of ["\u001b[31m", "\u202e"])
      expect(`${stdout.toString()}${stderr}`).not.toContain(command);
    expect(readdirSync(directory).filter((name) => name.includes(".safe"))).toEqual([
      "a__[31mred_fdp.safe.txt",
    ]);
  });

  it("says where the copy came from", async () => {
    const path = given("invoice.docx");
    execFileSync("python3", [
      "-c",
      `import os; os.setxattr(${JSON.stringify(path)}, "user.xdg.origin.url", b"https://example.org/i?a=1")`,
    ]);
    expect((await mayfly(["open", path, "--pages", "1"])).status).toBe(0);
    const read = `import os, sys; [print(os.getxattr(sys.argv[1], n).decode()) for n in ("user.xdg.origin.url", "user.mayfly.origin")]`;
    const told = execFileSync("python3", ["-c", read, join(directory, "invoice.safe.pdf")])
      .toString()
      .split("\n");
    expect(told[0]).toBe("https://example.org/i?a=1");
    expect(JSON.parse(told[1] ?? "")).toMatchObject({
      name: "invoice.docx",
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
    const pdf = readFileSync(join(directory, "invoice.safe.pdf"), "latin1");
    expect(pdf).toContain("https://example.org/i?a=1");
  });

  it("goes on after a bad file, shows a table, and exits with 1", async () => {
    const good = given("good.docx");
    const bad = join(directory, "bad.docx");
    writeFileSync(bad, "");
    const { status, stdout, stderr } = await mayfly([
      "open",
      bad,
      good,
      join(directory, "none.pdf"),
      "--as",
      "text",
    ]);
    expect(status).toBe(1);
    const [head, ...rows] = stdout.toString().trimEnd().split("\n");
    expect(head).toMatch(/^DOCUMENT +KIND +PAGES +SAFE COPY +SIZE +TIME +REMARKS$/);
    expect(rows[0]).toMatch(/^bad\.docx .*E_DOCUMENT_EMPTY: It is empty/);
    expect(rows[1]).toMatch(/^good\.docx +docx +2 +good\.safe\.txt +\d/);
    expect(rows[2]).toMatch(/^none\.pdf .*E_INPUT_MISSING/);
    expect(stderr).toMatch(/1 of 3 converted; 2 not\n$/);
  });

  it.each<[string[], RegExp]>([
    [["open"], /No document is named/],
    [["open", "x.pdf", "--watch", "/tmp"], /--watch opens what arrives/],
    [["open", "-", "y.pdf"], /stands alone/],
    [["open", "x.pdf", "--name", "y"], /--name is for/],
    [["open", "x.pdf", "--as", "exe"], /"exe" is not something for "as"/],
    [["open", "x.pdf", "--pages", "3-1"], /is not a choice of pages/],
    [["open", "x.pdf", "--dpi", "9999"], /must be a whole number from 36 to 600/],
    [["open", "x.pdf", "--ocr", "klingon"], /Use: en, fr/],
    [["open", "x.pdf", "--jobs", "0", "y.pdf"], /number of jobs/],
  ])("explains %j", async (args, message) => {
    const { status, stderr } = await mayfly(args);
    expect(status).toBe(64);
    expect(stderr).toMatch(message);
  });
});

describe("a password", () => {
  it("is asked for on the terminal, never shown, and never on a command line", async () => {
    const path = given("invoice.docx");
    const terminal = onTerminal(`$MAYFLY open ${path} --password --as text --quiet; echo status $?`);
    await terminal.printed(/Password of the documents: /);
    terminal.child.stdin.write("open sesame\r");
    await terminal.printed(/status 0/);
    expect(terminal.output).not.toContain("sesame");
  });
});

describe("mayfly open --watch", () => {
  it("opens what arrives, and ends well with Ctrl-C", async () => {
    given("before.docx");
    const watching = onTerminal(`$MAYFLY open --watch ${directory} --as text; echo status $?`);
    await watching.printed(/Watching .*; end with Ctrl-C\./);
    given("arrived.docx");
    await watching.printed(/arrived\.docx\.safe\.txt/);
    watching.child.stdin.write("\u0003");
    await watching.printed(/status 0/);
    expect(existsSync(join(directory, "before.docx.safe.txt"))).toBe(false);
  });
});

describe("kill -9 in the middle", () => {
  it("leaves nothing once Mayfly has swept", async () => {
    const path = given("invoice.docx");
    const killed = start("open", path, "--dpi", "600");
    await new Promise<void>((resolve) => {
      const look = setInterval(() => {
        if (!readdirSync(directory).some((name) => name.startsWith(".mayfly-"))) return;
        clearInterval(look);
        resolve();
      }, 5);
    });
    killed.child.kill("SIGKILL");
    await killed.ended();
    expect((await mayfly(["ps"])).status).toBe(0);
    expect((await mayfly(["run", "--", "true"])).status).toBe(0); // opens Mayfly, which sweeps
    expect(readdirSync(directory)).toEqual(["invoice.docx"]);
    expect(ledgerEntries().filter(({ owner }) => owner.pid === killed.child.pid)).toEqual([]);
  });
});
