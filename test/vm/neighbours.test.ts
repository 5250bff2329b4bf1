import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { Mayfly } from "../../src/index.ts";
import { leftovers, ledgerEntries } from "../support/leftovers.ts";
import { MayflyChild } from "../support/run-child.ts";

/** Holds three forks and one endless task; answers `ask` on a fork by SIGUSR2, ends in order on SIGUSR1. */
const NEIGHBOUR = `
  import { Writable } from "node:stream";
  import { text } from "node:stream/consumers";
  import { Mayfly } from ${JSON.stringify(resolve("dist/index.js"))};
  const m = await Mayfly.open();
  const forks = await Promise.all([0, 1, 2].map(() => m.fork("base")));
  let up = () => {};
  const running = new Promise((resolve) => { up = resolve; });
  const stdout = new Writable({ write(chunk, encoding, done) { up(); done(); } });
  const task = m.run({ command: ["sh", "-c", "echo up; sleep 1000"], stdout });
  void task.then(({ outcome }) => console.log("task", JSON.stringify(outcome)));
  let rounds = 0;
  process.on("SIGUSR2", async () => {
    const said = await Promise.all(forks.map(async (fork, i) => {
      const guest = fork.exec(["echo", String(i)]);
      guest.stdin.end();
      guest.stderr.resume();
      return (await text(guest.stdout)).trim();
    }));
    console.log("answer" + rounds++, said.join());
  });
  process.on("SIGUSR1", async () => {
    await Promise.all(forks.map((fork) => fork.kill()));
    m.list().filter(({ owner, label }) => owner === process.pid && label.startsWith("sh -c echo up")).forEach(({ id }) => m.kill(id));
    await task;
    await m.close();
    console.log("closed");
    process.exit();
  });
  await running;
  console.log("ready");
`;

const children: MayflyChild[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  await (await Mayfly.open()).close(); // sweeps what they left
});

async function neighbours(): Promise<[MayflyChild, MayflyChild]> {
  const [a, b] = [new MayflyChild(NEIGHBOUR), new MayflyChild(NEIGHBOUR)];
  children.push(a, b);
  await Promise.all([a.reached("ready"), b.reached("ready")]);
  return [a, b];
}

function idsOf(child: MayflyChild): string[] {
  return ledgerEntries()
    .filter(({ owner }) => owner.pid === child.process.pid)
    .map(({ id }) => id);
}

async function expectAnswers(child: MayflyChild, round: number): Promise<void> {
  child.process.kill("SIGUSR2");
  expect(await child.reached(`answer${round}`)).toBe("0,1,2");
}

describe("two Mayflies at once", () => {
  it("do not touch each other's micro-VMs: neither by an end in order nor by sweeping", async () => {
    const [a, b] = await neighbours();
    const [ofA, ofB] = [idsOf(a), idsOf(b)];
    expect(ofA).toHaveLength(4);
    expect(ofB).toHaveLength(4);
    await Promise.all([expectAnswers(a, 0), expectAnswers(b, 0)]);
    a.process.kill("SIGUSR1");
    await a.reached("closed");
    expect(leftovers(ofA)).toEqual([]);
    await (await Mayfly.open()).close();
    expect(idsOf(b)).toEqual(ofB);
    await expectAnswers(b, 1);
    b.process.kill("SIGUSR1");
    await b.reached("closed");
    expect(leftovers(ofB)).toEqual([]);
  });

  it("survive each other's kill -9, and what that left is swept while the other goes on", async () => {
    const [a, b] = await neighbours();
    const [ofA, ofB] = [idsOf(a), idsOf(b)];
    await a.kill();
    await expectAnswers(b, 0);
    await (await Mayfly.open()).close();
    expect(leftovers(ofA)).toEqual([]);
    expect(idsOf(b)).toEqual(ofB);
    await expectAnswers(b, 1);
  });

  it("leave nothing of one that is killed while it launches, although the other sweeps at that very moment", async () => {
    const script = `import { Mayfly } from ${JSON.stringify(resolve("dist/index.js"))};
      const m = await Mayfly.open(); await m.prepare("base"); console.log("asked"); await m.run({ command: ["sleep", "1000"] });`;
    const ids: string[] = [];
    for (const delay of [0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20]) {
      const child = new MayflyChild(script);
      children.push(child);
      await child.reached("asked");
      while (idsOf(child).length === 0) await wait(0);
      ids.push(...idsOf(child));
      await wait(delay);
      await child.kill();
      await (await Mayfly.open()).close();
    }
    await wait(500); // for what was not visible yet when it was swept
    expect(leftovers(ids)).toEqual([]);
  });

  it("see and end each other's micro-VMs by id; only the one that is named ends", async () => {
    const [a, b] = await neighbours();
    await using mayfly = await Mayfly.open();
    const task =
      mayfly
        .list()
        .find(({ owner, label }) => owner === a.process.pid && label.startsWith("sh -c echo up")) ??
      expect.fail("the task is not listed");
    expect(mayfly.kill(task.id)).toMatchObject({ id: task.id, owner: a.process.pid });
    expect(JSON.parse(await a.reached("task"))).toMatchObject({ kind: "failed", code: "E_ENGINE_DIED" });
    expect(leftovers([task.id])).toEqual([]);
    expect(mayfly.list().filter(({ owner }) => owner === a.process.pid)).toHaveLength(3);
    await Promise.all([expectAnswers(a, 0), expectAnswers(b, 0)]);
    expect(() => mayfly.kill(task.id)).toThrow(expect.objectContaining({ code: "E_UNKNOWN_TASK" }) as Error);
  });

  it("share standbys' rule: one that is ended from outside is never handed out", async () => {
    await using mayfly = await Mayfly.open({ standby: { base: 1 } });
    const [a] = await neighbours();
    const standby =
      ledgerEntries().find(({ owner, kind }) => owner.pid === process.pid && kind === "standby") ??
      expect.fail("no standby");
    const killer = new MayflyChild(
      `import { Mayfly } from ${JSON.stringify(resolve("dist/index.js"))}; const m = await Mayfly.open(); console.log("killed", m.kill("${standby.id}").id); await m.close();`,
    );
    children.push(killer);
    expect(await killer.reached("killed")).toBe(standby.id);
    await expect.poll(() => leftovers([standby.id]), { timeout: 30_000 }).toEqual([]);
    const result = await mayfly.run({ command: ["echo", "alive"] });
    expect(result.stdout.toString()).toBe("alive\n");
    await expectAnswers(a, 0);
  });
});
