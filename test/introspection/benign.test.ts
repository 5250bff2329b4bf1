import { afterAll, beforeAll, expect, it } from "vitest";
import { Mayfly } from "../../src/index.ts";
import { BENIGN } from "./benign.ts";

/** How many machines are checked in all; the proof of no false alarm takes 200. */
const RUNS = Number(process.env["MAYFLY_TEST_BENIGN"] ?? BENIGN.length);
const PROFILES = (process.env["MAYFLY_TEST_PROFILES"] ?? "base,python").split(",");

let mayfly: Mayfly;
beforeAll(async () => {
  mayfly = await Mayfly.open();
});
afterAll(async () => {
  await mayfly.close();
});

const chosen = BENIGN.filter(({ profile }) => PROFILES.includes(profile));

const quick = chosen.filter(({ isSlow }) => isSlow !== true);
const runs = [...chosen, ...chosen, ...Array.from({ length: RUNS }, () => quick).flat()].slice(0, RUNS);

it.each(runs.map((run, index) => [index, run] as const))(
  "sees nothing wrong in a kernel that nobody attacked (run %i)",
  async (index, run) => {
    const { profile, user, argv } = run;
    const limits = index % 10 === 9 && profile === "base" ? { vcpus: 2 } : {};
    await using fork = await mayfly.fork(profile, { limits });
    const guest = fork.exec(argv, { user });
    guest.stdin.end();
    guest.stdout.resume();
    guest.stderr.resume();
    // Once while it runs, once after its end.
    const during = await fork.checkMemory();
    await guest.exit;
    const after = await fork.checkMemory();
    for (const record of [during, after]) {
      expect(record.state, record.reason).toBe("checked");
      expect(
        record.kernel.filter(({ state }) => state !== "intact"),
        argv.join(" "),
      ).toEqual([]);
      expect(record.kernel).toHaveLength(8);
    }
    expect(after.changedPages).toBeGreaterThanOrEqual(during.changedPages);
    const line = [profile, user, during.took, after.took, after.changedPages, after.executables.length];
    if (process.env["MAYFLY_TEST_BENIGN"] !== undefined) process.stderr.write(`benign ${line.join(" ")}\n`);
  },
);
