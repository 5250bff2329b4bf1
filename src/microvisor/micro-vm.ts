import { mkdirSync } from "node:fs";
import { connectAgent, type AgentConnection } from "../channel/index.ts";
import type { DisposalStep } from "../contract/index.ts";
import {
  Scope,
  endProcessesOf,
  kill,
  processesIn,
  removeCgroup,
  removeStaging,
  stagingPath,
  waitUntilGone,
  type Ledger,
  type LedgerEntry,
} from "../disposal/index.ts";
import { makeCgroups, planCgroups, type CgroupLimits, type Machine } from "../engine/index.ts";
import { MayflyError, isMayflyError, outputFailure, within, type VmId } from "../foundation/index.ts";
import { ownIdentity } from "../process/index.ts";
import type { Baseline } from "../introspection/index.ts";
import type { Identity } from "./identity.ts";
import { Observation } from "./observation.ts";

/** What a micro-VM is, for the ledger and for `mayfly ps`. */
export interface Purpose {
  readonly kind: LedgerEntry["kind"];
  readonly profile: string;
  /** The template's directory: other stores have templates of the same name. */
  readonly template: string;
  readonly label: string;
}

interface MicroVmRequest {
  readonly id: VmId;
  readonly ledger: Ledger;
  readonly purpose: Purpose;
  readonly cgroup: CgroupLimits;
  /** Makes the machine; called when ledger and cgroups are in place. */
  readonly make: (cgroups: readonly string[]) => Promise<Machine>;
  /** What its memory is compared with; undefined for one that is booted. */
  readonly baseline?: (() => Baseline) | undefined;
}

/** How long QEMU may take from SIGKILL to being reaped. It takes milliseconds unless the host starves. */
const DEATH_DEADLINE_MS = 10_000;

/** Between a dying QEMU's closed sockets and our knowing that it died. */
const CLOSE_TO_DEATH_MS = 500;

/** One machine with everything of it on the host: process, cgroups, ledger entry, channel. Disposed as one. */
export class MicroVm {
  readonly id: VmId;
  readonly machine: Machine;
  readonly agent: AgentConnection;
  /** What is seen of it from outside. */
  readonly observation: Observation;
  readonly #scope: Scope;
  readonly #ledger: Ledger;
  #entry: LedgerEntry;

  private constructor(fields: {
    id: VmId;
    machine: Machine;
    scope: Scope;
    ledger: Ledger;
    entry: LedgerEntry;
    baseline: (() => Baseline) | undefined;
  }) {
    this.id = fields.id;
    this.machine = fields.machine;
    this.#scope = fields.scope;
    this.#ledger = fields.ledger;
    this.#entry = fields.entry;
    this.observation = new Observation(fields.machine, fields.baseline);
    const agent = connectAgent(fields.machine.agent);
    this.agent = agent;
    this.#scope.defer("channel", () => {
      agent.destroy(new MayflyError("E_CLOSED", "The micro-VM was disposed of"));
      return "closed";
    });
  }

  /** Ledger first, then cgroups, then the machine; what fails undoes what was made. */
  static async create({ id, ledger, purpose, cgroup, make, baseline }: MicroVmRequest): Promise<MicroVm> {
    const cgroups = planCgroups(id);
    const entry: LedgerEntry = {
      ...purpose,
      id,
      since: Date.now(),
      owner: ownIdentity(),
      processes: [],
      cgroups,
      directories: [],
    };
    const scope = new Scope();
    try {
      await scope.acquire(
        "ledger",
        () => forget(ledger, id),
        () => {
          ledger.write(entry);
        },
      );
      await scope.acquire(
        "cgroups",
        async () => await endCgroups(cgroups),
        () => {
          makeCgroups(id, cgroup);
        },
      );
      const machine = await make(cgroups);
      scope.defer("process", async () => await endMachine(machine));
      const vm = new MicroVm({ id, machine, scope, ledger, entry, baseline });
      vm.#note({ processes: [...machine.processes] });
      return vm;
    } catch (cause) {
      await endProcessesOf(id); // a jail that was ended half-way may have a half that nobody knows
      await scope.close();
      throw cause;
    }
  }

  /** A standby becomes a task's. */
  assign(label: string): void {
    this.#note({ kind: "task", label, since: Date.now() });
  }

  /** First frames of every fork; resolves when the agent has applied the identity. */
  async identify(identity: Identity, deadlineMs: number, signal?: AbortSignal): Promise<void> {
    const greeted = Promise.all([this.agent.hello(), this.agent.identify(identity)]);
    await within(this.watched(greeted), deadlineMs, {
      signal,
      late: () =>
        new MayflyError("E_GUEST_SILENT", `The guest's agent did not answer within ${deadlineMs / 1000} s`, {
          log: this.machine.console.lines(),
          next: "The host may be overloaded; try again, or end other micro-VMs (`mayfly ps`).",
        }),
    });
  }

  /** Rejects when the machine ends; for racing against. */
  async death(): Promise<never> {
    const { why } = await this.machine.ended;
    throw explainEnd(why, this.machine.console);
  }

  /**
   * Makes a directory for unfinished results inside one of the user's; it goes when the micro-VM does.
   * @throws E_OUTPUT_WRITE, E_DISK_FULL
   */
  claimDirectory(inside: string): string {
    const path = stagingPath(inside, this.id);
    this.#note({ directories: [path] });
    this.#scope.defer("results", () => {
      removeStaging(path, this.id);
      return "nothing unfinished is left";
    });
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (cause) {
      throw outputFailure(path, cause);
    }
    return path;
  }

  /** Ends everything of this micro-VM and says what was seen to be gone. Idempotent, never rejects. */
  async dispose(): Promise<readonly DisposalStep[]> {
    return await this.#scope.close();
  }

  /** `work`, unless the machine ends first. */
  async watched<T>(work: Promise<T>): Promise<T> {
    // The channel breaks a moment before the machine's end is known; the end tells more.
    const patient = work.catch(async (cause: unknown) => {
      if (!isMayflyError(cause, "E_CLOSED", "E_GUEST_PROTOCOL")) throw cause;
      return await within(this.death(), CLOSE_TO_DEATH_MS, { late: () => cause });
    });
    return await Promise.race([patient, this.death()]);
  }

  #note(changes: Partial<LedgerEntry>): void {
    this.#entry = { ...this.#entry, ...changes };
    this.#ledger.write(this.#entry);
  }
}

function explainEnd(
  why: "killed" | "guest-reset" | "guest-panic" | "died",
  console: Machine["console"],
): MayflyError {
  const log = console.lines();
  switch (why) {
    case "guest-panic":
      return new MayflyError(
        "E_GUEST_PANIC",
        `The guest's kernel panicked: ${console.lines(Infinity).find((line) => line.includes("Kernel panic")) ?? ""}`,
        { log },
      );
    case "guest-reset":
      return new MayflyError(
        "E_GUEST_REBOOTED",
        "The guest reset or powered off its machine; a micro-VM does not start again",
        { log },
      );
    case "killed":
      return new MayflyError("E_ENGINE_DIED", "The micro-VM was ended by Mayfly", { log });
    case "died":
      return new MayflyError(
        "E_ENGINE_DIED",
        "QEMU ended while the micro-VM was in use (killed from outside, or out of memory)",
        { log },
      );
  }
}

async function endMachine(machine: Machine): Promise<string> {
  machine.kill();
  const gone = new MayflyError(
    "E_DISPOSAL",
    `QEMU did not end within ${DEATH_DEADLINE_MS / 1000} s of SIGKILL`,
  );
  const { detail } = await within(machine.ended, DEATH_DEADLINE_MS, { late: () => gone });
  if (!(await waitUntilGone(machine.processes, DEATH_DEADLINE_MS))) throw gone;
  const pids = machine.processes.map(({ pid }) => pid).join(", ");
  return `processes ${pids} reaped (${detail}); guest memory, PID and network namespaces freed with them`;
}

async function endCgroups(cgroups: readonly string[]): Promise<string> {
  const left = cgroups.flatMap(processesIn);
  for (const pid of left) kill(pid);
  const removed = await Promise.all(cgroups.map(async (path) => await removeCgroup(path)));
  const stuck = cgroups.filter((_path, index) => removed[index] !== true);
  if (stuck.length > 0)
    throw new MayflyError("E_DISPOSAL", `These cgroups could not be removed: ${stuck.join(", ")}`);
  return cgroups.length === 0 ? "none were used" : `${cgroups.length} empty and removed`;
}

function forget(ledger: Ledger, id: VmId): string {
  ledger.remove(id);
  if (ledger.has(id)) throw new MayflyError("E_DISPOSAL", `The ledger entry of ${id} could not be removed`);
  return "entry removed";
}
