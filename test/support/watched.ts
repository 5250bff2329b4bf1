import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { GuestProcess, GuestWitness } from "../../src/channel/index.ts";
import type { WitnessEvent, WitnessRecord } from "../../src/contract/index.ts";
import { Microvisor, type MicroVm } from "../../src/microvisor/index.ts";
import { DEFAULT_LIMITS } from "../../src/contract/index.ts";
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

interface WatchedGuest {
  readonly vm: MicroVm;
  readonly witness: GuestWitness;
  readonly live: readonly WitnessEvent[];
}

/** Runs scripts each in a micro-VM of its own, watched. */
export class WatchedGuests implements AsyncDisposable {
  private readonly microvisor = new Microvisor(openHost(undefined, () => undefined));
  private readonly probe = compileProbe();

  async run(script: string, user = "user"): Promise<Watched> {
    return await this.watch(async ({ vm, witness, live }) => {
      const from = performance.now();
      const guest = start(vm, script, user);
      const said = Promise.all([text(guest.stdout), text(guest.stderr)]);
      await guest.exit;
      const took = performance.now() - from;
      const [stdout, stderr] = await said;
      return { record: await witness.finish(), stdout, stderr, took, live };
    });
  }

  /** Runs a script as root that ends the guest, and gives how the command failed. Throws where it did not. */
  async crash(script: string): Promise<{ record: WitnessRecord; failure: unknown }> {
    return await this.watch(async ({ vm, witness }) => {
      const guest = start(vm, script, "root");
      const failure = await guest.exit.then(
        () => {
          throw new Error("the guest lived on");
        },
        (reason: unknown) => reason,
      );
      return { record: await witness.finish(), failure };
    });
  }

  /** Runs a script until the witness told of `/tmp/before`, and stops the machine. `took`: until the record was there, in ms. */
  async silence(script: string): Promise<{ record: WitnessRecord; took: number }> {
    return await this.watch(async ({ vm, witness, live }) => {
      start(vm, script, "user").exit.catch(() => undefined);
      while (!live.some((event) => event.kind === "create" && event.path === "/tmp/before")) await delay(10);
      await vm.machine.pause();
      const from = performance.now();
      const record = await witness.finish();
      return { record, took: performance.now() - from };
    });
  }

  private async watch<T>(work: (guest: WatchedGuest) => Promise<T>): Promise<T> {
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
      return await work({ vm, witness, live });
    } finally {
      await vm.dispose();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.microvisor[Symbol.asyncDispose]();
  }
}

function start(vm: MicroVm, script: string, user: string): GuestProcess {
  const guest = vm.agent.exec({ argv: ["sh", "-c", script], env: {}, cwd: "/tmp", user });
  guest.stdin.on("error", () => undefined).end();
  return guest;
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
