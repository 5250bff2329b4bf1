import { resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Mayfly } from "../../src/index.ts";
import { leftovers, ledgerEntries } from "../support/leftovers.ts";
import { MayflyChild } from "../support/run-child.ts";

/** Holds three forks and one endless task; answers `ask` on a fork by SIGUSR2, ends in order on SIGUSR1. */
const NEIGHBOUR = `
  import { text } from "node:stream/consumers";
  import { Mayfly } from ${JSON.stringify(resolve("dist/index.js"))};
  const m = await Mayfly.open();
  const forks = await Promise.all([0, 1, 2].map(() => m.fork("base")));
  const task = m.run({ command: ["sleep", "1000"] });
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
    m.list().filter(({ owner, label }) => owner === process.pid && label === "sleep 1000").forEach(({ id }) => m.kill(id));
    await task;
    await m.close();
    console.log("closed");
    process.exit();
  });
  while (m.list().filter(({ owner }) => owner === process.pid).length < 4) await new Promise((next) => setTimeout(next, 5));
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

  it("see and end each other's micro-VMs by id; only the one that is named ends", async () => {
    const [a, b] = await neighbours();
    await using mayfly = await Mayfly.open();
    const task =
      mayfly.list().find(({ owner, label }) => owner === a.process.pid && label === "sleep 1000") ??
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
