import type { IsolationFact } from "../contract/index.ts";
import { processesOf, type Ledger, type LedgerEntry } from "../disposal/index.ts";
import { acceleratorOf, usageOf, type MachineUsage } from "../engine/index.ts";
import { MayflyError, attempt } from "../foundation/index.ts";
import { isAlive } from "../process/index.ts";

/** A running micro-VM of this user, by whichever Mayfly. */
export interface RunningVm {
  readonly id: string;
  readonly kind: "task" | "standby" | "template";
  readonly profile: string;
  /** The command's words. */
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Process that the micro-VM belongs to. */
  readonly owner: number;
}

/** What a running micro-VM uses, seen from the host. */
export interface VmUsage extends MachineUsage {
  readonly isolation: IsolationFact["kind"] | undefined;
}

/** The micro-VMs that a ledger has, of this and other processes. */
export class RunningVms {
  readonly #ledger: Pick<Ledger, "list">;

  constructor(ledger: Pick<Ledger, "list">) {
    this.#ledger = ledger;
  }

  list(): readonly RunningVm[] {
    return this.#alive().map(describe);
  }

  /** Undefined while it is made, and when it has ended. */
  usageOf(id: string): VmUsage | undefined {
    const entry = this.#ledger.list().find((each) => each.id === id);
    const [process] = entry?.processes.filter(isAlive) ?? [];
    const usage = process && usageOf(process.pid);
    const accelerator = process && acceleratorOf(process.pid);
    return usage && { ...usage, isolation: accelerator && (accelerator === "kvm" ? "hardware" : "emulated") };
  }

  /** @throws E_USAGE, E_UNKNOWN_TASK */
  kill(id: string): RunningVm {
    const next = "See `mayfly ps` for the running ones.";
    if (id === "") throw new MayflyError("E_USAGE", "The id to kill is empty", { next });
    const matches = this.#alive().filter((entry) => entry.id.startsWith(id));
    const [entry] = matches;
    if (entry === undefined || matches.length > 1) {
      const what =
        matches.length > 1 ? `"${id}" begins ${matches.length} ids` : `No micro-VM has the id "${id}"`;
      throw new MayflyError("E_UNKNOWN_TASK", what, { next });
    }
    // One that is being made has no processes in the ledger yet.
    const known =
      entry.processes.length > 0 ? entry.processes.filter(isAlive).slice(0, 1) : processesOf(entry.id);
    for (const { pid } of known) attempt(() => process.kill(pid, "SIGKILL"), "it has just ended");
    return describe(entry);
  }

  #alive(): LedgerEntry[] {
    return this.#ledger.list().filter(({ owner }) => isAlive(owner));
  }
}

function describe({ id, kind, profile, label, since, owner }: LedgerEntry): RunningVm {
  return { id, kind, profile, label, since, owner: owner.pid };
}
