import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { WitnessEvent, WitnessRecord } from "../../src/contract/index.ts";
import { Microvisor } from "../../src/microvisor/index.ts";
import { DEFAULT_LIMITS } from "../../src/policy/index.ts";
import { openHost } from "../../src/sdk/installation.ts";

/** Where the probe (`witness-probe.c`) lies in each guest. */
export const PROBE = "/tmp/probe";

export interface Watched {
  readonly record: WitnessRecord;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds that the command took. */
  readonly took: number;
  readonly live: readonly WitnessEvent[];
}

/** Runs scripts each in a micro-VM of its own, watched. */
export class WatchedGuests implements AsyncDisposable {
  private readonly microvisor = new Microvisor(openHost(undefined, () => undefined));
  private readonly probe = compileProbe();

  async run(script: string, user = "user"): Promise<Watched> {
    const limits = { ...DEFAULT_LIMITS, ...(await this.microvisor.profileDefaults("base")).limits };
    const { vm, programHash } = await this.microvisor.fork("base", {
      limits,
      label: "watched",
      needsHardware: false,
    });
    try {
      await vm.agent.put({ path: PROBE, mode: 0o755, owner: "" }, this.probe);
      const live: WitnessEvent[] = [];
      const witness = vm.agent.witness({ programHash, onEvent: (event) => live.push(event) });
      const from = performance.now();
      const guest = vm.agent.exec({ argv: ["sh", "-c", script], env: {}, cwd: "/tmp", user });
      guest.stdin.end();
      const said = Promise.all([text(guest.stdout), text(guest.stderr)]);
      await guest.exit;
      const took = performance.now() - from;
      const [stdout, stderr] = await said;
      return { record: await witness.finish(), stdout, stderr, took, live };
    } finally {
      await vm.dispose();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.microvisor[Symbol.asyncDispose]();
  }
}

function compileProbe(): Buffer {
  const scratch = mkdtempSync(join(tmpdir(), "mayfly-witness-"));
  try {
    const binary = join(scratch, "probe");
    const flags = ["-static", "-Os", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"];
    execFileSync("musl-gcc", [...flags, "-o", binary, "test/support/witness-probe.c"]);
    return readFileSync(binary);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
