import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KernelPart, MemoryRecord } from "../../src/contract/index.ts";
import { FrozenVms, Mayfly, type Fork } from "../../src/index.ts";
import { findingsOf, type Rule } from "../../src/findings/index.ts";
import { evidence } from "../support/evidence.ts";
import { leftovers } from "../support/leftovers.ts";
import { publicDirectory, remove } from "../support/private-store.ts";
import { shippedRules } from "../support/shipped-rules.ts";
import { seedAttackedImage } from "./attack-image.ts";

let home: string;
let mayfly: Mayfly;
let rules: readonly Rule[];
beforeAll(async () => {
  rules = [...(await shippedRules()).values()].flat();
  home = publicDirectory();
  await seedAttackedImage(home);
  mayfly = await Mayfly.open({ home });
  await mayfly.prepare("base");
});
afterAll(async () => {
  await mayfly.close();
  remove(home);
});

async function shell(fork: Fork, script: string): Promise<string> {
  const guest = fork.exec(["sh", "-c", script], { user: "root" });
  guest.stdin.end();
  const [stdout, stderr, exit] = await Promise.all([text(guest.stdout), text(guest.stderr), guest.exit]);
  expect(exit, stderr).toEqual({ kind: "exited", code: 0 });
  return stdout.trim();
}

function changedIn(record: MemoryRecord): KernelPart[] {
  expect(record.state, record.reason).toBe("checked");
  expect(record.kernel).toHaveLength(8);
  return record.kernel.filter(({ state }) => state !== "intact").map(({ part }) => part);
}

const CODE: readonly KernelPart[] = ["text", "read-only data"];
const ENTRY: readonly KernelPart[] = ["system-call entry", "control registers"];

/** The shipped rule that finds a change of this part. */
function ruleFor(part: KernelPart): string {
  if (CODE.includes(part)) return "memory-kernel-code";
  return ENTRY.includes(part) ? "memory-kernel-entry" : "memory-kernel-tables";
}

function foundIn(memory: MemoryRecord): string[] {
  const found = findingsOf(evidence({ memory }), rules).map(({ rule }) => rule);
  return found.filter((rule) => rule.startsWith("memory-kernel-"));
}

/** A symbol, and how many bytes after it. */
type Place = readonly [symbol: string, distance: number] | undefined;

const SHOW = "echo 0 >/proc/sys/kernel/kptr_restrict";
const addressOf = (symbol: string): string => `$(sed -n 's/ [A-Za-z] ${symbol}$//p' /proc/kallsyms)`;

describe("an attack by a kernel module", () => {
  it.each<[what: string, place: Place, part: KernelPart]>([
    ["poke", ["_text", 0x10500], "text"],
    ["halt", ["entry_SYSCALL_64", 1], "text"],
    ["poke", ["__start_rodata", 0x100000], "read-only data"],
    ["poke", ["sys_call_table", 300 * 8], "system-call table"],
    ["gate", undefined, "interrupt descriptors"],
    ["idtr", undefined, "interrupt descriptors"],
    ["segment", undefined, "segment descriptors"],
    ["entry", undefined, "system-call entry"],
    ["protection", undefined, "control registers"],
    ["smep", undefined, "control registers"],
    ["remap", ["_text", 0x20000], "page tables"],
    ["writable", ["_text", 0x20000], "page tables"],
  ])("(%s %s) is found, and nothing else: %s", async (what, at, part) => {
    await using fork = await mayfly.fork("base");
    const before = await fork.checkMemory();
    expect(changedIn(before)).toEqual([]);
    expect(foundIn(before)).toEqual([]);
    const place = at === undefined ? "0" : `$(printf %x $((0x${addressOf(at[0])} + ${at[1]})))`;
    const guest = fork.exec(["sh", "-c", `${SHOW}; echo "${what} ${place}" >/proc/attack; sleep 100`], {
      user: "root",
    });
    guest.exit.catch(() => undefined); // it ends with the micro-VM
    // A guest that was attacked may not get to its next command, so it is watched from outside until it shows.
    let record = await fork.checkMemory();
    for (let tries = 0; tries < 200 && changedIn(record).length === 0; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      record = await fork.checkMemory();
    }
    expect(changedIn(record)).toEqual([part]);
    expect(foundIn(record)).toEqual([ruleFor(part)]);
    const check = record.kernel.find((each) => each.part === part);
    expect(check?.changes.length).toBeGreaterThan(0);
    expect(check?.changes[0]?.expected).not.toBe(check?.changes[0]?.found);
  });

  it("that leaves the kernel's own text half-written is found: it stays so, however often one looks", async () => {
    await using fork = await mayfly.fork("base");
    const [place, labels] = ["mark_oom_victim", "__start___jump_table"].map(addressOf);
    const said = await shell(fork, `${SHOW}; echo "breakpoint ${place} ${labels}" >/proc/attack; echo $?`);
    expect(said).toBe("0");
    const record = await fork.checkMemory();
    expect(changedIn(record)).toEqual(["text"]);
    const changes = record.kernel.find(({ part }) => part === "text")?.changes;
    expect(changes).toEqual([expect.objectContaining({ found: "cc" })]);
    expect(foundIn(record)).toEqual(["memory-kernel-code"]);
  });

  it("that shows the page that it changed is told with place and bytes", async () => {
    await using fork = await mayfly.fork("base");
    const symbols = await shell(fork, `${SHOW}; printf %x $((0x${addressOf("_text")} + 0x10500))`);
    await shell(fork, `echo poke ${symbols} >/proc/attack`);
    const record = await fork.checkMemory();
    const change = record.kernel.find(({ part }) => part === "text")?.changes[0];
    expect(change).toMatchObject({ place: `0x${symbols}`, found: "c3" });
  });
});

describe("a policy for findings", () => {
  const poke = `${SHOW}; echo "poke $(printf %x $((0x${addressOf("_text")} + 0x10500)))" >/proc/attack`;
  const attack = { profile: "base", user: "root" };

  it.each(["kill", "freeze"] as const)(
    "is obeyed while the task runs on whose kernel was patched: %s",
    async (action) => {
      const onFinding = { severity: "high", do: action } as const;
      const command = ["sh", "-c", `${poke}; sleep 600`];
      const result = await mayfly.run({ ...attack, command, policy: { onFinding } });
      expect(result).toMatchObject({
        outcome: { kind: "stopped", finding: { rule: "memory-kernel-code", voice: "outside" } },
        exitCode: 125,
        disposal: { complete: true },
      });
      const frozen = new FrozenVms({ home });
      expect(frozen.list().map(({ id }) => id)).toEqual(action === "freeze" ? [result.id] : []);
      if (action === "freeze") await frozen.remove(result.id);
    },
  );

  it("is obeyed where the command ends right after the deed, and nothing comes back", async () => {
    const out = join(home, "out");
    const onFinding = { severity: "high", do: "freeze" } as const;
    const command = ["sh", "-c", `echo x >/out/result; ${poke}`];
    const { id, outcome, outputs, frozen } = await mayfly.run({
      ...attack,
      command,
      out,
      policy: { onFinding },
    });
    expect(outcome).toMatchObject({ kind: "stopped", finding: { rule: "memory-kernel-code" } });
    expect(outputs).toEqual([]);
    expect(frozen).toBe(new FrozenVms({ home }).get(id).directory);
    await new FrozenVms({ home }).remove(id);
  });

  it("is obeyed for a fork that is worked with step by step", async () => {
    const onFinding = { severity: "high", do: "freeze" } as const;
    await using fork = await mayfly.fork("base", { policy: { onFinding } });
    const guest = fork.exec(["sh", "-c", `${poke}; sleep 600`], { user: "root" });
    guest.exit.catch(() => undefined); // it ends with the micro-VM
    const { finding, frozen, failure } = await fork.stopped;
    expect([finding.rule, failure]).toEqual(["memory-kernel-code", undefined]);
    expect(frozen).toBe(new FrozenVms({ home }).get(fork.id).directory);
    expect(leftovers([fork.id])).toEqual([]);
    await new FrozenVms({ home }).remove(fork.id);
  });
});

describe("what the kernel does to itself", () => {
  const trace = "mkdir -p /t && mount -t tracefs t /t";

  it("is explained where it turns trace points on", async () => {
    await using fork = await mayfly.fork("base");
    await shell(
      fork,
      `${trace} && echo 1 >/t/events/sched/enable && echo 1 >/t/events/syscalls/enable && ls /`,
    );
    const record = await fork.checkMemory();
    expect(changedIn(record)).toEqual([]);
    expect(record.kernel.find(({ part }) => part === "text")?.detail).toMatch(
      /^[\d,]+ pages, \d+ changed, explained: (?:\d+ (?:jump labels|static calls)(?:, |$)){2}/,
    );
  });

  it("is told where somebody traces its functions, as that takes code of its own everywhere", async () => {
    await using fork = await mayfly.fork("base");
    await shell(fork, `${trace} && echo function >/t/current_tracer`);
    const record = await fork.checkMemory();
    expect(changedIn(record)).toEqual(["text"]);
    const check = record.kernel.find(({ part }) => part === "text");
    expect(check?.changes).toHaveLength(32);
    expect(check?.changesOmitted).toBeGreaterThan(1000);
  });
});
