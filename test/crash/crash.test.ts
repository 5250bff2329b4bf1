import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Writable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Mayfly } from "../../src/index.ts";
import { storePaths } from "../../src/image/index.ts";
import { leftovers, ledgerEntries } from "../support/leftovers.ts";
import { MayflyChild } from "../support/run-child.ts";
import { KILLS_WHILE_MAKING } from "../support/scale.ts";

const SDK = resolve("dist/index.js");

/** Ids that the process `owner` has in the ledger. */
function idsOf(child: MayflyChild): string[] {
  return ledgerEntries()
    .filter(({ owner }) => owner.pid === child.process.pid)
    .map(({ id }) => id);
}

async function someIdsOf(child: MayflyChild): Promise<string[]> {
  for (;;) {
    const ids = idsOf(child);
    if (ids.length > 0) return ids;
    await wait(1);
  }
}

/** The next Mayfly starts: whatever is left then is left for good. */
async function nextStart(): Promise<void> {
  await (await Mayfly.open()).close();
}

const OPEN = `import { Mayfly } from ${JSON.stringify(SDK)}; const m = await Mayfly.open(); console.log("open");`;

describe("kill -9 of Mayfly", () => {
  it.each([
    ["while a fork is made", 0],
    ["a little later", 20],
    ["when it is loaded", 60],
    ["when it runs", 200],
  ])("%s leaves nothing after the next start", async (_phase, delay) => {
    const child = new MayflyChild(
      `${OPEN} console.log("asked"); await m.run({ command: ["sleep", "1000"] });`,
    );
    await child.reached("asked");
    const ids = await someIdsOf(child);
    await wait(delay);
    await child.kill();
    await nextStart();
    expect(leftovers(ids)).toEqual([]);
  });

  it("while a task runs ends QEMU at once, without any start", async () => {
    const child = new MayflyChild(
      `${OPEN} const f = await m.fork("base"); console.log("forked", f.id); setInterval(() => {}, 1000);`,
    );
    const id = await child.reached("forked");
    await child.kill();
    for (let i = 0; i < 200 && leftovers([id]).some((left) => left.startsWith("process")); i++)
      await wait(10);
    expect(leftovers([id]).filter((left) => left.startsWith("process"))).toEqual([]);
    await nextStart();
    expect(leftovers([id])).toEqual([]);
  });

  it("with standbys waiting leaves nothing", async () => {
    const child = new MayflyChild(
      `${OPEN} await m.standby("base", 2); console.log("ready"); setInterval(() => {}, 1000);`,
    );
    await child.reached("ready");
    const ids = idsOf(child);
    expect(ids).toHaveLength(2);
    await child.kill();
    await nextStart();
    expect(leftovers(ids)).toEqual([]);
  });

  it("while it disposes leaves nothing", async () => {
    const child = new MayflyChild(
      `${OPEN} const f = await m.fork("base"); console.log("forked", f.id); void f.kill(); process.kill(process.pid, "SIGKILL");`,
    );
    const id = await child.reached("forked");
    await child.kill();
    await nextStart();
    expect(leftovers([id])).toEqual([]);
  });

  describe("while a template is made", () => {
    let home: string;
    beforeAll(() => {
      home = mkdtempSync(join(tmpdir(), "mayfly-home-"));
      chmodSync(home, 0o755);
      const from = storePaths().root;
      for (const part of ["images", "engine"])
        if (existsSync(join(from, part)))
          cpSync(join(from, part), join(home, part), { recursive: true, preserveTimestamps: true });
      mkdirSync(join(home, "templates"), { recursive: true });
    });
    afterAll(() => {
      rmSync(home, { recursive: true, force: true });
    });

    it.each(KILLS_WHILE_MAKING)("after %i ms leaves no process and nothing half-made", async (delay) => {
      const script = `import { Mayfly } from ${JSON.stringify(SDK)}; const m = await Mayfly.open({ home: ${JSON.stringify(home)} }); console.log("asked"); await m.prepare("base");`;
      const child = new MayflyChild(script);
      await child.reached("asked");
      const ids = await someIdsOf(child);
      await wait(delay);
      await child.kill();
      await nextStart();
      expect(leftovers(ids)).toEqual([]);
      await using next = await Mayfly.open({ home });
      const result = await next.run({ command: ["echo", "works"] });
      expect(result.stdout.toString()).toBe("works\n");
      expect(readdirSync(join(home, "templates")).filter((name) => name.startsWith("tmp-"))).toEqual([]);
      rmSync(join(home, "templates"), { recursive: true, force: true });
      mkdirSync(join(home, "templates"));
    });
  });
});

describe("kill -9 of QEMU", () => {
  it.each([
    ["its own process", 0],
    ["its jail", 1],
  ])("(%s) is told, and nothing is left", async (_what, index) => {
    await using mayfly = await Mayfly.open();
    let up = (): void => undefined;
    const isUp = new Promise<void>((resolve) => {
      up = resolve;
    });
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        up();
        done();
      },
    });
    const running = mayfly.run({ command: ["sh", "-c", "echo up; sleep 1000"], stdout });
    await isUp;
    const entry = ledgerEntries().find(
      ({ owner, label }) => owner.pid === process.pid && label.startsWith("sh -c echo up"),
    );
    if (entry === undefined) return expect.fail("the task is in no ledger");
    process.kill(entry.processes[index]?.pid ?? expect.fail("no process is known"), "SIGKILL");
    const result = await running;
    expect(result.outcome).toMatchObject({ kind: "failed", code: "E_ENGINE_DIED" });
    expect(result.disposal.complete).toBe(true);
    expect(leftovers([entry.id])).toEqual([]);
  });

  it("of a standby means that it is never handed out", async () => {
    await using mayfly = await Mayfly.open();
    await mayfly.standby("base", 1);
    const entry = ledgerEntries().find(({ owner, kind }) => owner.pid === process.pid && kind === "standby");
    process.kill(entry?.processes[0]?.pid ?? expect.fail("no standby"), "SIGKILL");
    const result = await mayfly.run({ command: ["echo", "alive"] });
    expect(result.stdout.toString()).toBe("alive\n");
    expect(leftovers([entry?.id ?? ""])).toEqual([]);
  });
});
