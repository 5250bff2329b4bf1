import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Mayfly, type SignedReport } from "../../src/index.ts";
import { ROOT, endStarted, type CliProcess } from "../e2e/cli-process.ts";
import { leftovers } from "../support/leftovers.ts";
import { openBrowser, openTab, seen } from "../view/eyes.ts";
import { OwnDaemon } from "./own-daemon.ts";

const INVOICE = join(ROOT, "examples/supplier-invoice.docx");
const BUDGET = join(ROOT, "examples/budget.xlsx");
const SLOW = { timeout: 400_000 };

let daemon: OwnDaemon;
let here: string;

beforeAll(async () => {
  daemon = new OwnDaemon();
  await daemon.up("--standby", "base=1");
  // The SDK is in this process: what would make it another Mayfly than the daemon is the same.
  for (const [name, value] of Object.entries(daemon.env)) process.env[name] = value;
});
beforeEach(() => {
  here = mkdtempSync(join(tmpdir(), "mayfly-here-"));
});
afterEach(async () => {
  await endStarted();
  rmSync(here, { recursive: true, force: true });
});
afterAll(async () => {
  await daemon.end();
});

interface Task {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly state: string;
  readonly vm: string | null;
  readonly exitCode: number | null;
}

async function tasks(): Promise<readonly Task[]> {
  return (await daemon.ask("GET", "/v1/tasks")).json as Task[];
}

async function taskVms(): Promise<readonly string[]> {
  const vms = (await daemon.ask("GET", "/v1/vms")).json as { id: string; kind: string }[];
  return vms.filter(({ kind }) => kind === "task").map(({ id }) => id);
}

/** Asked again until it is so: there is no wait in it. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function allEnded(): Promise<void> {
  await until(async () => ((await tasks()).every(({ state }) => state === "ended") ? true : undefined));
}

/** Kills a command line once its task has a micro-VM. @returns the ids that there were */
async function killedInside(run: CliProcess): Promise<readonly string[]> {
  const vms = await until(async () => {
    const found = await taskVms();
    return found.length > 0 ? found : undefined;
  });
  run.child.kill("SIGKILL");
  await run.ended();
  await allEnded();
  return vms;
}

/** What differs between two runs of the same thing; the last ones tell of a host that is busy. */
const DIFFERENT = /^(id|startedAt|timings|template|origin|stored|ms|detail|bytes|lookups|findings|gravest)$/;

/** What two runs of the same thing have in common. */
function shapeOf(value: unknown): unknown {
  const text = JSON.stringify(value, (key, each: unknown) => {
    if (DIFFERENT.test(key)) return undefined;
    return key === "warnings" && Array.isArray(each) ? each.filter((one) => typeof one !== "string") : each;
  });
  return JSON.parse(text) as unknown;
}

describe("mayfly open by the daemon", SLOW, () => {
  it("writes the copy where the command line is, as it does embedded, and is in the daemon's list", async () => {
    copyFileSync(INVOICE, join(here, "invoice.docx"));
    const words = ["open", "invoice.docx", "--as", "text", "--force"];
    const served = await daemon.cli(words, { cwd: here });
    const text = readFileSync(join(here, "invoice.safe.txt"), "utf8");
    expect((await tasks())[0]).toMatchObject({ kind: "document", title: "invoice.docx", exitCode: 0 });
    const count = (await tasks()).length;
    const embedded = await daemon.cli([...words, "--embedded"], { cwd: here });
    expect((await tasks()).length).toBe(count);
    expect([served.status, served.stdout.toString(), served.stderr]).toEqual([
      embedded.status,
      embedded.stdout.toString(),
      embedded.stderr,
    ]);
    expect(served.stdout.toString()).toBe(`${join(here, "invoice.safe.txt")}\n`);
    expect(text).toBe(readFileSync(join(here, "invoice.safe.txt"), "utf8"));
  });

  it("opens several, and standard input, with the same JSON", async () => {
    copyFileSync(INVOICE, join(here, "a.docx"));
    writeFileSync(join(here, "b.txt"), "words\n");
    const several = [
      "open",
      "a.docx",
      "missing.pdf",
      "b.txt",
      "--as",
      "text",
      "--out",
      "safe",
      "--json",
      "--force",
    ];
    const json = async (words: readonly string[], input = ""): Promise<unknown> =>
      shapeOf(JSON.parse((await daemon.cli(words, { cwd: here, input })).stdout.toString()));
    expect(await json(several)).toEqual(await json([...several, "--embedded"]));
    writeFileSync(join(here, "c.txt"), "words\n");
    const all = ["open", "a.docx", "c.txt", "b.txt", "--as", "text", "--out", "safe", "--json", "--force"];
    const served = await json(all);
    expect((await tasks())[0]).toMatchObject({ kind: "document", exitCode: 0 });
    expect((await tasks())[0]?.title).toBe("3 documents: a.docx, c.txt, b.txt");
    expect(served).toEqual(await json([...all, "--embedded"]));
    expect(readdirSync(join(here, "safe")).sort()).toEqual(["a.safe.txt", "b.safe.txt", "c.safe.txt"]);
    const piped = ["open", "-", "--name", "x.txt", "--as", "text", "--json", "--force"];
    expect(await json(piped, "words\n")).toEqual(await json([...piped, "--embedded"], "words\n"));
    expect(readFileSync(join(here, "x.safe.txt"), "utf8")).toContain("words");
  });

  it("says what is missing in the words of the command line, and why a daemon was not used", async () => {
    const words = ["open", "missing.pdf"];
    const served = await daemon.cli(words, { cwd: here });
    const embedded = await daemon.cli([...words, "--embedded"], { cwd: here });
    expect([served.status, served.stderr]).toEqual([embedded.status, embedded.stderr]);
    writeFileSync(join(here, "b.txt"), "words\n");
    const other = Object.assign(new OwnDaemon(), { env: { ...daemon.env, MAYFLY_DNS: "192.0.2.53" } });
    const told = await other.cli(["open", "b.txt", "--as", "text"], { cwd: here });
    expect(told.status).toBe(0);
    expect(told.stderr).toContain("the daemon was not used: it was started differently (MAYFLY_DNS)");
  });

  it("ends its micro-VM when the command line is interrupted or killed", async () => {
    copyFileSync(INVOICE, join(here, "invoice.docx"));
    const interrupted = daemon.start("open", join(here, "invoice.docx"));
    await until(async () => ((await taskVms()).length > 0 ? true : undefined));
    interrupted.child.kill("SIGINT");
    expect((await interrupted.ended()).status).toBe(130);
    await allEnded();
    const vms = await killedInside(daemon.start("open", join(here, "invoice.docx")));
    expect(leftovers(vms)).toEqual([]);
    expect(readdirSync(here)).toEqual(["invoice.docx"]);
  });
});

describe("mayfly view by the daemon", SLOW, () => {
  it("shows the document in one browser, has the view in the daemon's list, and ends well by Ctrl-C", async () => {
    const run = daemon.start("view", BUDGET, "--no-open", "--json");
    const [line] = await run.printed(/^\{.*\}\n/);
    const { url } = JSON.parse(line) as { url: string };
    const browser = await openBrowser();
    const { page } = await openTab(await browser.newContext({ viewport: { width: 1200, height: 760 } }), url);
    await seen(page, /Administration/, { enlarge: 2 });
    const [task] = await tasks();
    expect(task).toMatchObject({ kind: "view", title: "budget.xlsx", state: "running" });
    // The words are on the screen before it is told that all of it is shown.
    const picture = async (): Promise<unknown> =>
      await daemon.ask("GET", `/v1/tasks/${task?.id ?? ""}/picture`);
    await expect.poll(picture, { timeout: 60_000 }).toMatchObject({ status: 200, type: "image/png" });
    const stranger = await (await browser.newContext()).newPage();
    expect((await stranger.goto(url))?.status()).toBe(403);
    run.child.kill("SIGINT");
    const { status, stdout } = await run.ended();
    const [, last = ""] = stdout.toString().trim().split("\n");
    expect(status).toBe(0);
    expect(JSON.parse(last)).toMatchObject({ profile: "office-view", disposal: { complete: true } });
    await allEnded();
    expect(leftovers([task?.vm ?? "none"])).toEqual([]);
    await browser.close();
  });

  it("ends its micro-VM with a command line that is killed, and tells a daemon that is gone", async () => {
    const killed = daemon.start("view", BUDGET, "--no-open");
    await killed.printed(/^http:.*\n/);
    expect(leftovers(await killedInside(killed))).toEqual([]);
    const own = new OwnDaemon();
    const { pid } = await own.up("--standby", "base=0");
    const left = own.start("view", BUDGET, "--no-open");
    await left.printed(/^http:.*\n/);
    process.kill(pid, "SIGKILL");
    const { status, stderr } = await left.ended();
    expect([status, stderr]).toEqual([70, expect.stringContaining("The daemon ended while the task ran")]);
    await own.end();
  });
});

describe("mayfly browse by the daemon", SLOW, () => {
  it("has an address, is in the daemon's list, ends well by Ctrl-C, and with a command line that is killed", async () => {
    const run = daemon.start("browse", "https://example.org", "--no-open", "--json");
    const [line] = await run.printed(/^\{.*\}\n/);
    expect(JSON.parse(line)).toMatchObject({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//) as string,
    });
    expect((await tasks())[0]).toMatchObject({ kind: "view", title: "https://example.org" });
    run.child.kill("SIGINT");
    const { status, stdout } = await run.ended();
    expect([status, JSON.parse(stdout.toString().trim().split("\n")[1] ?? "")]).toMatchObject([
      0,
      { profile: "browser", disposal: { complete: true } },
    ]);
    const killed = daemon.start("browse", "https://example.org", "--no-open");
    await killed.printed(/^http:.*\n/);
    expect(leftovers(await killedInside(killed))).toEqual([]);
    const wrong = await daemon.cli(["browse", "ftp://example.org/"]);
    expect(wrong).toEqual(await daemon.cli(["browse", "ftp://example.org/", "--embedded"]));
  });
});

describe("the SDK by the daemon", SLOW, () => {
  it("runs and opens there with the results of an embedded one, and here what only this process can do", async () => {
    await using mayfly = await Mayfly.open({ daemon: true });
    await using embedded = await Mayfly.open({ daemon: false });
    let report: SignedReport | undefined;
    const request = { command: ["sh", "-c", "cat; echo err >&2; exit 3"], stdin: "words" };
    const served = await mayfly.run({ ...request, onReport: (signed) => (report = signed) });
    expect([served.exitCode, served.stdout.toString(), served.stderr.toString()]).toEqual([
      3,
      "words",
      "err\n",
    ]);
    expect(report?.report.result.id).toBe(served.id);
    expect((await tasks())[0]).toMatchObject({
      kind: "command",
      title: request.command.join(" "),
      exitCode: 3,
    });
    const count = (await tasks()).length;
    expect(shapeOf(await embedded.run(request))).toEqual(shapeOf(served));
    const seen: string[] = [];
    await mayfly.run({ command: ["true"], onWitness: ({ kind }) => seen.push(kind) });
    expect(seen).toContain("exec");
    expect((await tasks()).length).toBe(count);
    const bad = await mayfly.run({ command: ["true"], profile: "no-such" });
    expect(bad.outcome).toMatchObject({ kind: "failed", code: "E_UNKNOWN_PROFILE" });
    const content = new PassThrough();
    content.end("words\n");
    const stages: string[] = [];
    const copied = await mayfly.open(content, {
      name: "n.txt",
      as: "text",
      out: here,
      onStage: (s) => stages.push(s),
    });
    expect([copied.source, copied.forms[0]?.path]).toEqual(["n.txt", join(here, "n.safe.txt")]);
    expect([...new Set(stages)]).toEqual(["opening", "converting", "writing"]);
    expect((await tasks())[0]).toMatchObject({ kind: "document", title: "n.txt" });
  });

  it("cancels by a signal, and shows a view that its handle ends", async () => {
    await using mayfly = await Mayfly.open({ daemon: true });
    const cancelling = new AbortController();
    const running = mayfly.run({ command: ["sleep", "1000"], signal: cancelling.signal });
    await until(async () => ((await taskVms()).length > 0 ? true : undefined));
    cancelling.abort();
    expect((await running).outcome).toEqual({ kind: "cancelled" });
    const view = await mayfly.view(BUDGET);
    expect(view.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
    expect((await tasks())[0]).toMatchObject({ kind: "view", title: "budget.xlsx" });
    expect(await view.picture()).toBeUndefined();
    await expect(mayfly.view(BUDGET, { policy: { downloads: "marked" } })).rejects.toMatchObject({
      code: "E_USAGE",
    });
    const result = await view.end();
    expect(result).toMatchObject({ profile: "office-view", disposal: { complete: true } });
    await expect(view.ready).rejects.toMatchObject({ code: "E_CLOSED" });
    expect(leftovers([result.id])).toEqual([]);
  });
});
