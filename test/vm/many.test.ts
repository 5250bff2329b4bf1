import { PassThrough } from "node:stream";
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

/** How many are alive at a time. */
const AT_ONCE = 20;

it(
  `runs ${TASKS} tasks, ${AT_ONCE} alive at a time, each with its own answer, and leaves nothing`,
  { timeout: 400_000 },
  async () => {
    const alive = new Meeting(AT_ONCE);
    const ids: string[] = [];
    let next = 0;
    async function worker(): Promise<void> {
      for (let number = next++; number < TASKS; number = next++) {
        const { io, said } = number < AT_ONCE ? alive.join() : alone();
        const result = await mayfly.run({
          command: ["sh", "-c", `echo up; cat; echo task ${number}`],
          ...io,
        });
        expect(result.outcome).toMatchObject({ kind: "exited", code: 0 });
        expect(said()).toBe(`up\ntask ${number}\n`);
        expect(result.disposal.complete).toBe(true);
        ids.push(result.id);
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    expect(new Set(ids).size).toBe(TASKS);
    expect(alive.microVMs).toBe(AT_ONCE);
    expect(leftovers(ids)).toEqual([]);
    expect(ours()).toEqual([]);
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

/** Tasks whose input ends only when all of them have said something: then all are alive at once, and are counted. */
class Meeting {
  readonly #inputs: PassThrough[] = [];
  readonly #size: number;
  #up = 0;
  microVMs = 0;

  constructor(size: number) {
    this.#size = size;
  }

  join(): ReturnType<typeof alone> {
    const member = alone();
    const stdin = new PassThrough();
    this.#inputs.push(stdin);
    member.io.stdout.once("data", () => {
      if (++this.#up < this.#size) return;
      this.microVMs = ours().length;
      for (const input of this.#inputs) input.end();
    });
    return { ...member, io: { ...member.io, stdin } };
  }
}

function alone(): { io: { stdout: PassThrough; stdin?: PassThrough }; said: () => string } {
  const chunks: Buffer[] = [];
  const stdout = new PassThrough().on("data", (chunk: Buffer) => chunks.push(chunk));
  return { io: { stdout }, said: () => Buffer.concat(chunks).toString() };
}

function ours(): ReturnType<typeof ledgerEntries> {
  return ledgerEntries().filter(({ owner }) => owner.pid === process.pid);
}
