import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FrozenVms, Mayfly } from "../../src/index.ts";
import { leftovers } from "../support/leftovers.ts";

const frozen = new FrozenVms();
const kept: string[] = [];
let mayfly: Mayfly;
let scratch: string;
beforeAll(async () => {
  mayfly = await Mayfly.open();
  scratch = mkdtempSync(join(tmpdir(), "mayfly-on-finding-"));
});
afterAll(async () => {
  for (const id of kept) await frozen.remove(id);
  await mayfly.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** Leaves a file, does something grave, and would go on for long. */
const GRAVE =
  "echo dropped >/tmp/payload; mkdir -p /root/.ssh; echo x >/root/.ssh/authorized_keys; sleep 300";

const base = { profile: "base", user: "root" };

describe("a policy for findings", () => {
  it("ends the task at one that is grave enough, and tells for which", async () => {
    const onFinding = { severity: "medium", do: "kill" } as const;
    const result = await mayfly.run({ ...base, command: ["sh", "-c", GRAVE], policy: { onFinding } });
    expect(result).toMatchObject({
      outcome: { kind: "stopped", finding: { rule: "persistence-authorized-keys", severity: "medium" } },
      exitCode: 125,
      disposal: { complete: true },
    });
    expect(result.frozen).toBeUndefined();
    expect(leftovers([result.id])).toEqual([]);
  });

  it("ends it too where the command has ended right after the deed, and nothing comes back", async () => {
    const onFinding = { severity: "medium", do: "kill" } as const;
    const command = [
      "sh",
      "-c",
      "echo x >/out/result; mkdir -p /root/.ssh; echo x >/root/.ssh/authorized_keys",
    ];
    for (let run = 0; run < 12; run++) {
      const out = join(scratch, `out-${run}`);
      const { outcome, outputs } = await mayfly.run({ ...base, command, out, policy: { onFinding } });
      expect(outcome).toMatchObject({ kind: "stopped" });
      expect(outputs).toEqual([]);
    }
  });

  it("keeps the micro-VM frozen, with what was left in it, where it says so", async () => {
    const onFinding = { severity: "medium", do: "freeze" } as const;
    const result = await mayfly.run({ ...base, command: ["sh", "-c", GRAVE], policy: { onFinding } });
    kept.push(result.id);
    expect(result).toMatchObject({ outcome: { kind: "stopped" }, exitCode: 125, warnings: [] });
    const vm = frozen.get(result.id);
    expect(result.frozen).toBe(vm.directory);
    expect(vm.why).toMatch(/^medium: A key was added/);
    expect(leftovers([result.id])).toEqual([]);
    const archive = join(scratch, "dropped.zip");
    const { kept: files } = await frozen.saveFiles(result.id, archive);
    expect(files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["/tmp/payload", "/root/.ssh/authorized_keys"]),
    );
    const read = `import sys, zipfile; sys.stdout.write(zipfile.ZipFile(sys.argv[1]).read("tmp/payload", pwd=b"infected").decode())`;
    expect(execFileSync("python3", ["-c", read, archive], { encoding: "utf8" })).toBe("dropped\n");
  });

  it("holds for a fork: it ends at what one of its programs does, and says for which", async () => {
    const onFinding = { severity: "medium", do: "kill" } as const;
    await using fork = await mayfly.fork("base", { policy: { onFinding } });
    const guest = fork.exec(["sh", "-c", GRAVE], { user: "root" });
    await expect(guest.exit).rejects.toMatchObject({
      code: expect.stringMatching(/E_CLOSED|E_ENGINE_DIED/) as string,
    });
    expect(await fork.stopped).toMatchObject({
      finding: { rule: "persistence-authorized-keys" },
      frozen: undefined,
      failure: undefined,
    });
    expect(leftovers([fork.id])).toEqual([]);
  });

  it.each(["continue", "kill", "freeze"] as const)(
    "goes on where it says so, and at one that is not grave enough: %s",
    async (action) => {
      const severity = action === "continue" ? "low" : "high";
      const command = ["sh", "-c", GRAVE.replace("300", "0")];
      const onFinding = { severity, do: action } as const;
      const result = await mayfly.run({ ...base, command, policy: { onFinding } });
      expect(result).toMatchObject({ outcome: { kind: "exited", code: 0 }, exitCode: 0 });
      expect(result.report?.findings.medium).toBeGreaterThan(0);
      expect(result.frozen).toBeUndefined();
    },
  );
});
