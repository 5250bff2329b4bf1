import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Mayfly } from "../../src/index.ts";
import { foundIn, runReported } from "../findings/run-reported.ts";

let mayfly: Mayfly;
beforeAll(async () => {
  mayfly = await Mayfly.open();
});
afterAll(async () => {
  await mayfly.close();
});

const base = { profile: "base" };
/** Asks for a host that no policy allows, which is written down outside. */
const call = (name: string): string => `wget -q -T 5 -t 1 -O /dev/null http://${name}.example/;`;

describe("a report on a guest whose root silenced the witness", () => {
  it("says so, and what is seen from outside stands: network, memory, processor, console", async () => {
    const report = await runReported(
      mayfly,
      `: >/tmp/before; ${call("before")} echo 0 >/proc/sys/kernel/ftrace_enabled; ${call("after")}
       : >/tmp/after; echo '<1>after all' >/dev/kmsg; dd if=/dev/zero of=/tmp/zero bs=1M count=16 2>/dev/null; exit 7`,
      base,
    );
    const { witness, result, memory, resources } = report;
    expect(foundIn(report)).toContain("witness-silenced");
    expect(result.outcome).toEqual({ kind: "exited", code: 7 });
    expect(witness).toMatchObject({
      state: "incomplete",
      missing: ["Somebody in the guest switched the kernel's tracing off."],
    });
    const created = witness.events.flatMap((event) => (event.kind === "create" ? [event.path] : []));
    expect(created).toContain("/tmp/before");
    expect(created).not.toContain("/tmp/after");
    expect(result.network.streams.map(({ target, decision }) => [target.host, decision.allowed])).toEqual([
      ["before.example", false],
      ["after.example", false],
    ]);
    expect(memory.state, memory.reason).toBe("checked");
    expect(memory.kernel).toHaveLength(8);
    expect(memory.changedPages).toBeGreaterThan(16 * 256 * 0.9);
    expect(resources.cpuMs).toBeGreaterThan(0);
    expect(JSON.stringify(resources.console)).toContain("after all");
    expect(result.disposal.complete).toBe(true);
  });

  it("says so where it was killed, and the guest with it; what was seen until then stands", async () => {
    // The witness is PID 1: no signal reaches it, so its program is wiped out in memory.
    const report = await runReported(
      mayfly,
      `: >/tmp/before; ${call("before")} sleep 1
       begin=$(grep -m 1 ' r-xp ' /proc/1/maps | cut -d- -f1)
       dd if=/dev/zero of=/proc/1/mem bs=4096 seek=$((0x$begin / 4096)) count=16 conv=notrunc; sleep 60`,
      base,
    );
    const { witness, result, memory, resources } = report;
    expect(foundIn(report)).toContain("witness-silenced");
    expect(witness.state).toBe("incomplete");
    expect(witness.missing.join()).toContain("The witness was cut off: ");
    expect(witness.events).toContainEqual(expect.objectContaining({ kind: "create", path: "/tmp/before" }));
    expect(result.outcome).toMatchObject({
      kind: "failed",
      code: "E_GUEST_PANIC",
      message: expect.stringContaining("Attempted to kill init") as string, // though much is printed after it
    });
    expect(result.network.streams.map(({ target }) => target.host)).toEqual(["before.example"]);
    expect(JSON.stringify(resources.console)).toContain("Attempted to kill init");
    expect(resources.cpuMs).toBeGreaterThan(0);
    expect(memory).toMatchObject({ state: "unchecked", kernel: [] });
    expect(memory.reason).not.toBe("");
    expect(result.disposal.complete).toBe(true);
  });
});
