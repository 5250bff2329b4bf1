import { EventEmitter, once } from "node:events";
import type { TaskView } from "../contract/api/index.ts";
import type { IsolationFact, WitnessEvent } from "../contract/index.ts";
import { MayflyError, neutralise, newVmId } from "../foundation/index.ts";
import type { RunRequest } from "../sdk/index.ts";

export type LiveTask = Parameters<NonNullable<RunRequest["onLive"]>>[0];

/** Tasks that have ended and are still told of; their reports stay longer. */
const MOST_ENDED = 200;
const LONGEST_TITLE = 300;

type Told = Omit<TaskView, "copies" | "warnings"> & { warnings: readonly string[]; copies: readonly Copy[] };

/** A safe copy, and where it is. */
export interface Copy {
  readonly path: string;
  readonly bytes: number;
  readonly file: string;
}

/** How a task ended, for its view. */
export interface Ending {
  readonly outcome: string;
  readonly exitCode: number;
  readonly warnings?: readonly string[];
  readonly report?: string | undefined;
  readonly copies?: readonly Copy[];
}

/** One task that the daemon runs, or ran. */
export class DaemonTask {
  readonly id = newVmId();
  readonly #changed: (task: DaemonTask) => void;
  readonly #cancel = new AbortController();
  #told: Told;
  /** What may be looked at while it runs. */
  live: LiveTask | undefined;

  constructor(
    { kind, title, profile }: Pick<TaskView, "kind" | "title" | "profile">,
    changed: (task: DaemonTask) => void,
  ) {
    this.#changed = changed;
    this.#told = {
      id: this.id,
      kind,
      title: neutralise(title, LONGEST_TITLE),
      profile: neutralise(profile, 100),
      state: "preparing",
      step: "",
      since: new Date().toISOString(),
      ended: null,
      vm: null,
      isolation: null,
      outcome: null,
      exitCode: null,
      report: null,
      warnings: [],
      copies: [],
    };
  }

  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  get isEnded(): boolean {
    return this.#told.state === "ended";
  }

  get copies(): readonly Copy[] {
    return this.#told.copies;
  }

  view(): TaskView {
    const copies = this.#told.copies.map(({ path, bytes }) => ({ path, bytes }));
    return { ...this.#told, warnings: [...this.#told.warnings], copies };
  }

  cancel(): void {
    this.#cancel.abort(new MayflyError("E_CANCELLED", "The task was ended from outside"));
  }

  /** Says what is being done. */
  step(step: string): void {
    this.#tell({ step: neutralise(step, LONGEST_TITLE) });
  }

  running(live: LiveTask): void {
    this.live = live;
    this.inMachine(live.id, live.isolation);
  }

  inMachine(vm: string, isolation: IsolationFact | undefined): void {
    this.#tell({ state: "running", step: "", vm, isolation: isolation?.kind ?? null });
  }

  end({ outcome, exitCode, warnings = [], report, copies = [] }: Ending): void {
    this.live = undefined;
    this.#tell({
      state: "ended",
      step: "",
      ended: new Date().toISOString(),
      outcome: neutralise(outcome),
      exitCode,
      warnings: warnings.map((warning) => neutralise(warning)),
      report: report ?? null,
      copies,
    });
  }

  #tell(news: Partial<Told>): void {
    this.#told = { ...this.#told, ...news };
    this.#changed(this);
  }
}

/** All tasks of the daemon. Emits `task` whenever something about one changed, `witness` for what one does, `gone` for one that is forgotten. */
export class Tasks extends EventEmitter<{
  task: [DaemonTask];
  gone: [DaemonTask];
  witness: [DaemonTask, WitnessEvent];
}> {
  readonly #tasks = new Map<string, DaemonTask>();

  begin(about: Pick<TaskView, "kind" | "title" | "profile">): DaemonTask {
    const task = new DaemonTask(about, (changed) => this.emit("task", changed));
    this.#tasks.set(task.id, task);
    this.#forget();
    this.emit("task", task);
    return task;
  }

  /** Newest first. */
  list(): DaemonTask[] {
    return [...this.#tasks.values()].reverse();
  }

  /** @throws E_UNKNOWN_TASK */
  get(id: string): DaemonTask {
    const task = this.#tasks.get(id);
    if (task !== undefined) return task;
    throw new MayflyError("E_UNKNOWN_TASK", `The daemon has no task "${neutralise(id, 64)}"`, {
      next: "GET /v1/tasks lists them; of earlier ones there are reports.",
    });
  }

  /**
   * What may be looked at in the micro-VM of this id, or of an unambiguous beginning of one.
   * @throws E_UNKNOWN_TASK where no task that can be looked at runs in it
   */
  inVm(id: string): LiveTask {
    const running = this.list().flatMap(({ live }) => (live?.id.startsWith(id) === true ? [live] : []));
    const [live] = running;
    if (live !== undefined && running.length === 1) return live;
    const shown = neutralise(id, 64);
    throw new MayflyError(
      "E_UNKNOWN_TASK",
      running.length > 1
        ? `"${shown}" begins ${running.length} ids`
        : `No task of the daemon that can be looked into runs in a micro-VM "${shown}"`,
      {
        next: "See `mayfly ps`: the daemon looks into micro-VMs of its own commands, terminals and live views.",
      },
    );
  }

  /** Ends all and waits until they are. */
  async end(): Promise<void> {
    const running = this.list().filter(({ isEnded }) => !isEnded);
    for (const task of running) task.cancel();
    while (this.list().some(({ isEnded }) => !isEnded)) await once(this, "task");
  }

  #forget(): void {
    const ended = [...this.#tasks.values()].filter(({ isEnded }) => isEnded);
    for (const task of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) {
      this.#tasks.delete(task.id);
      this.emit("gone", task);
    }
  }
}
