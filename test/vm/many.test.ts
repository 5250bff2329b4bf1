import { afterAll, beforeAll, expect, it } from "vitest";
import { Mayfly } from "../../src/index.ts";
import { leftovers, ledgerEntries } from "../support/leftovers.ts";
import { TASKS } from "../support/scale.ts";

let mayfly: Mayfly;
beforeAll(async () => {
  mayfly = await Mayfly.open();
});
afterAll(async () => {
  await mayfly.close();
});

it(
  `runs ${TASKS} tasks, 20 alive at a time, each with its own answer, and leaves nothing`,
  { timeout: 400_000 },
  async () => {
    const ids: string[] = [];
    let next = 0;
    let most = 0;
    async function worker(): Promise<void> {
      for (let number = next++; number < TASKS; number = next++) {
        const result = await mayfly.run({ command: ["echo", `task ${number}`] });
        expect(result.outcome).toMatchObject({ kind: "exited", code: 0 });
        expect(result.stdout.toString()).toBe(`task ${number}\n`);
        expect(result.disposal.complete).toBe(true);
        most = Math.max(most, ledgerEntries().filter(({ owner }) => owner.pid === process.pid).length);
        ids.push(result.id);
      }
    }
    await Promise.all(Array.from({ length: 20 }, worker));
    expect(new Set(ids).size).toBe(TASKS);
    expect(most).toBeGreaterThanOrEqual(15);
    expect(leftovers(ids)).toEqual([]);
    expect(ledgerEntries().filter(({ owner }) => owner.pid === process.pid)).toEqual([]);
  },
);

it("gives a task 20 streams of its own at once in one micro-VM", async () => {
  await using fork = await mayfly.fork("base");
  const said = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const guest = fork.exec(["sh", "-c", `cat; echo ${i}`]);
      guest.stdin.end(`in ${i}\n`);
      guest.stderr.resume();
      const chunks: Buffer[] = [];
      for await (const chunk of guest.stdout) chunks.push(chunk as Buffer);
      await guest.exit;
      return Buffer.concat(chunks).toString();
    }),
  );
  expect(said).toEqual(Array.from({ length: 20 }, (_, i) => `in ${i}\n${i}\n`));
});
