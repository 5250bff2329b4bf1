import type { Duplex } from "node:stream";
import {
  MayflyError,
  attempt,
  deferred,
  openUntrusted,
  within,
  type Untrusted,
} from "../../foundation/index.ts";
import {
  RecentLog,
  identifyProcess,
  type ProcessIdentity,
  type SupervisedProcess,
} from "../../process/index.ts";
import { readJailFile } from "../jail/index.ts";
import type { DiskUsage, GuestMemory, Machine, MachineEnd, MachineUsage } from "../machine.ts";
import { FREEZE_CAPABILITIES, QmpClient } from "../qmp/index.ts";
import { diskUsage } from "./block-stats.ts";
import { FREEZE_URI, INSIDE, STATE_URI } from "./argv.ts";
import { withConfiguration } from "./configuration.ts";
import { explainDeath } from "./death.ts";
import { ProcessMemory } from "./guest-memory.ts";
import { usageOf } from "./process-usage.ts";
import { LARGEST_STATE, receiveState } from "./receive-state.ts";

/** Generous: on a starved host QEMU was seen to take seconds to start. */
const CONTROL_DEADLINE_MS = 30_000;
/** How long bubblewrap may take to notice that QEMU was killed, before it is killed too. */
const JAIL_PATIENCE_MS = 1000;

/** Where a machine's RAM comes from: nowhere, a directory for a template's, the frozen file of one. */
export type MachineRam =
  | { readonly kind: "anonymous" }
  | { readonly kind: "template"; readonly directory: string }
  | { readonly kind: "loaded"; readonly file: string };

/** One QEMU process in its jail, seen from outside. */
export class QemuMachine implements Machine {
  readonly console = new RecentLog();
  readonly ended: Promise<MachineEnd>;
  readonly agent: Duplex;
  readonly #process: SupervisedProcess;
  readonly #qmp: QmpClient;
  readonly #state: Duplex;
  readonly #ram: MachineRam;
  readonly #jailed: Promise<void>;
  readonly #moved = deferred<undefined>();
  #loaded: Uint8Array | undefined;
  #processes: readonly ProcessIdentity[] = [];
  #shutdown: string | undefined;
  #killed = false;

  constructor(child: SupervisedProcess, ram: MachineRam) {
    const [qmp, agent, state, info] = child.pipes as [Duplex, Duplex, Duplex, Duplex];
    this.#process = child;
    this.#ram = ram;
    this.agent = agent;
    this.#state = state;
    this.#jailed = this.#identify(info);
    child.stdout.on("data", (chunk: Buffer) => {
      this.console.add(chunk);
    });
    this.#qmp = new QmpClient(qmp);
    this.#qmp.on("SHUTDOWN", ({ reason }) => {
      this.#shutdown = typeof reason === "string" ? reason : undefined;
    });
    this.#qmp.on("MIGRATION", ({ status }) => {
      this.#onMigration(status);
    });
    this.ended = child.exit.then(({ code, signal }) => {
      return { why: this.#whyEnded(), detail: signal ?? `exit status ${code ?? 0}` };
    });
  }

  get processes(): readonly ProcessIdentity[] {
    return this.#processes;
  }

  async continue(): Promise<void> {
    await this.#control(Promise.all([this.#qmp.execute("cont"), this.#jailed]));
  }

  async pause(): Promise<void> {
    await this.#control(this.#qmp.execute("stop"));
  }

  memory(): GuestMemory {
    if (this.#ram.kind !== "loaded")
      throw new MayflyError("E_TEMPLATE", "A machine that was booted has no template to be compared with");
    return new ProcessMemory(this.#inner(), this.#ram.file);
  }

  async deviceState(): Promise<Untrusted<Uint8Array>> {
    const request = { filename: INSIDE.deviceState, live: false } as const;
    await this.#control(this.#qmp.execute("xen-save-devices-state", request));
    return readJailFile(this.#inner(), INSIDE.deviceState, LARGEST_STATE);
  }

  async snapshot(): Promise<Uint8Array> {
    if (this.#loaded === undefined)
      throw new MayflyError("E_TEMPLATE", "A machine that was booted has no twin");
    return withConfiguration(openUntrusted(await this.deviceState()), this.#loaded);
  }

  usage(): MachineUsage | undefined {
    return this.#processes[0] === undefined || this.#process.exited
      ? undefined
      : usageOf(this.#processes[0].pid);
  }

  async disk(): Promise<DiskUsage | undefined> {
    if (this.#process.exited) return undefined;
    return await this.#qmp.execute("query-blockstats").then(diskUsage, () => undefined);
  }

  /** Hands the device state to QEMU and waits until it is loaded; the guest stays paused. */
  async load(state: Uint8Array): Promise<void> {
    this.#state.end(state);
    this.#loaded = state;
    const asked = [
      this.#qmp.execute("migrate-set-capabilities", FREEZE_CAPABILITIES),
      this.#qmp.execute("migrate-incoming", { uri: STATE_URI }),
    ];
    await this.#control(Promise.all([...asked, this.#moved.promise, this.#jailed]));
  }

  async freeze(): Promise<Uint8Array> {
    if (this.#ram.kind !== "template") {
      throw new MayflyError("E_TEMPLATE", "A machine without a RAM file cannot be frozen");
    }
    await using receiver = await receiveState(this.#ram.directory);
    await this.#control(this.#qmp.execute("migrate-set-capabilities", FREEZE_CAPABILITIES));
    await this.#control(this.#qmp.execute("migrate", { uri: FREEZE_URI }));
    await this.#control(this.#moved.promise);
    return await this.#control(receiver.state);
  }

  kill(): void {
    if (this.#killed || this.#process.exited) return;
    this.#killed = true;
    // bubblewrap reaps QEMU and ends with it: then our exit event proves that both are gone.
    const inner = this.#processes[0];
    if (inner === undefined) this.#process.kill();
    else attempt(() => process.kill(inner.pid, "SIGKILL"), "it has just ended by itself");
    setTimeout(() => {
      this.#process.kill();
    }, JAIL_PATIENCE_MS).unref();
  }

  /** Every wait races the process's end and a deadline. */
  async #control<T>(work: Promise<T>): Promise<T> {
    const died = this.#process.exit.then(({ code, signal }) => {
      const started = this.#processes.length > 0;
      throw explainDeath({
        code,
        signal,
        started,
        errors: this.#process.errors.lines(),
        console: this.console.lines(5),
      });
    });
    return await within(Promise.race([died, this.#preferDeath(work, died)]), CONTROL_DEADLINE_MS, {
      late: () =>
        new MayflyError("E_ENGINE_START", `QEMU did not answer within ${CONTROL_DEADLINE_MS / 1000} s`, {
          log: this.#process.errors.lines(),
          next: "The host may be overloaded; try again, or end other micro-VMs (`mayfly ps`).",
        }),
    });
  }

  /** A dying QEMU closes its sockets just before it is reaped; its death tells more than they do. */
  async #preferDeath<T>(work: Promise<T>, died: Promise<never>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      if (cause instanceof MayflyError && cause.code === "E_ENGINE_DIED") return await died;
      throw cause;
    }
  }

  /** Process that holds the guest's memory. */
  #inner(): number {
    const inner = this.#processes[0];
    if (inner === undefined || this.#process.exited) throw new MayflyError("E_ENGINE_DIED", "QEMU has ended");
    return inner.pid;
  }

  #whyEnded(): MachineEnd["why"] {
    if (this.#killed) return "killed";
    if (this.console.matches(/Kernel panic - not syncing/)) return "guest-panic";
    return this.#shutdown?.startsWith("guest-") === true ? "guest-reset" : "died";
  }

  #onMigration(status: unknown): void {
    if (status === "completed") this.#moved.resolve(undefined);
    if (status === "failed") {
      const said = this.#process.errors.lines(1)[0] ?? "it gave no reason";
      this.#moved.reject(new MayflyError("E_TEMPLATE", `QEMU could not move the device state: ${said}`));
    }
  }

  /** bubblewrap says which pid it gave QEMU; that and its own are what disposal must see gone. */
  async #identify(info: Duplex): Promise<void> {
    let text = "";
    for await (const chunk of info) {
      text += String(chunk);
      if (text.includes("}") || text.length > 4096) break;
    }
    const inner = Number(/"child-pid":\s*(\d+)/.exec(text)?.[1] ?? Number.NaN);
    const pids = [inner, this.#process.pid].filter((pid) => Number.isInteger(pid));
    this.#processes = pids.flatMap((pid) => identifyProcess(pid) ?? []);
  }
}
