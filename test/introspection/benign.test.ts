import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { MemoryRecord } from "../../src/contract/index.ts";
import { Mayfly, type Fork } from "../../src/index.ts";
import { admitDocument, admitPage } from "../../src/view/index.ts";
import { Sites } from "../view/site.ts";
import { BENIGN } from "./benign.ts";

/** How many machines are checked in all: as many as the proof of no false alarm takes. */
const RUNS = Number(process.env["MAYFLY_TEST_BENIGN"] ?? 200);
const PROFILES = (process.env["MAYFLY_TEST_PROFILES"] ?? "base,python,office,office-view,browser").split(",");

const VIEWS = (
  [
    ["office-view", "examples/supplier-invoice.docx"],
    ["office-view", "examples/budget.xlsx"],
    ["browser", "/"],
    ["browser", "/small"],
    ["browser", "/letter.txt"],
  ] as const
).filter(([profile]) => PROFILES.includes(profile));

const chosen = BENIGN.filter(({ profile }) => PROFILES.includes(profile));
const repeated = chosen.filter(({ profile, isSlow }) => profile === "base" && isSlow !== true);
const runs = [...chosen, ...Array.from({ length: RUNS }, () => repeated).flat()].slice(
  0,
  RUNS - VIEWS.length,
);

let mayfly: Mayfly;
let sites: Sites;
beforeAll(async () => {
  sites = await Sites.open();
  mayfly = await Mayfly.open({ dns: sites.dns });
  for (const profile of PROFILES) await mayfly.prepare(profile);
}, 3_600_000);
afterAll(async () => {
  await mayfly.close();
  sites[Symbol.dispose]();
});

async function expectIntact(fork: Fork, what: string): Promise<MemoryRecord> {
  const record = await fork.checkMemory();
  expect(record.state, record.reason).toBe("checked");
  expect(
    record.kernel.filter(({ state }) => state !== "intact"),
    what,
  ).toEqual([]);
  expect(record.kernel).toHaveLength(8);
  return record;
}

it.each(runs.map((run, index) => [index, run] as const))(
  "sees nothing wrong in a kernel that nobody attacked (run %i)",
  async (index, { profile, user, argv }) => {
    const limits = index % 10 === 9 && profile === "base" ? { vcpus: 2 } : {};
    await using fork = await mayfly.fork(profile, { limits });
    const guest = fork.exec(argv, { user });
    guest.stdin.end();
    guest.stdout.resume();
    guest.stderr.resume();
    // Once while it runs, once after its end.
    const during = await expectIntact(fork, argv.join(" "));
    await guest.exit;
    const after = await expectIntact(fork, argv.join(" "));
    expect(after.changedPages).toBeGreaterThanOrEqual(during.changedPages);
    const line = [profile, user, during.took, after.took, after.changedPages, after.executables.length];
    if (process.env["MAYFLY_TEST_BENIGN"] !== undefined) process.stderr.write(`benign ${line.join(" ")}\n`);
  },
);

const SIGTERM = 15;

it.each(VIEWS)(
  "sees nothing wrong in a kernel under what somebody looks at (%s, %s)",
  async (profile, shown) => {
    const isPage = profile === "browser";
    const { command } = isPage
      ? admitPage(new URL(shown, sites.url).href, {}, undefined)
      : admitDocument(shown, {});
    await using fork = await mayfly.fork(profile, { policy: { network: isPage ? sites.network : {} } });
    const [, name = ""] = /([^/]*)$/.exec(shown) ?? [];
    if (!isPage) await fork.writeFile(`/in/${name}`, await readFile(shown));
    const [program = "", ...words] = command;
    const guest = fork.exec([program, ...words]);
    guest.stdin.end("1\n"); // the scale of the screen
    const said: string[] = [];
    createInterface({ input: guest.stderr }).on("line", (line) => said.push(line));
    for await (const line of createInterface({ input: guest.stdout })) {
      said.push(line);
      if (line !== "ready") continue;
      await expectIntact(fork, shown);
      guest.signal(SIGTERM);
    }
    expect(await guest.exit).toEqual({ kind: "exited", code: 0 });
    expect(said).toEqual(["ready"]);
    await expectIntact(fork, shown);
  },
);
