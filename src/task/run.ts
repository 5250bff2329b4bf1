import type { AgentConnection } from "../channel/index.ts";
import type { InputFact, IsolationFact, TaskRequest, TaskResult, WitnessEvent } from "../contract/index.ts";
import { Scope } from "../disposal/index.ts";
import type { Rule } from "../findings/index.ts";
import { asMayflyError } from "../foundation/index.ts";
import type { MicroVm, Microvisor } from "../microvisor/index.ts";
import { admit, type AdmittedTask } from "../policy/index.ts";
import { Recorder } from "../report/index.ts";
import { examine, judge } from "./examine.ts";
import { collect, type OutputTaker } from "./collect.ts";
import { execute } from "./execute.ts";
import { closeInputs, openInputs } from "./inputs.ts";
import { FindingStop } from "./finding-stop.ts";
import type { TaskIo } from "./io.ts";
import { liveTask, type LiveTask } from "./live-task.ts";
import { TaskNetwork, type NetworkHost } from "./network.ts";
import { prepareOutputDirectory } from "./outputs.ts";
import { loadReporting, report, type Reporting } from "./reporting.ts";

/** What a caller that makes something of a task may know of its machine; all of it goes when the machine goes. */
export interface TaskMachine extends Pick<MicroVm, "id" | "claimDirectory"> {
  readonly isolation: IsolationFact;
  /** Connects to servers in it, lists its files and reads them. */
  readonly agent: Pick<AgentConnection, "connect" | "list" | "get">;
}

export interface TaskHost {
  readonly microvisor: Microvisor;
  readonly io: TaskIo;
  readonly network?: NetworkHost | undefined;
  /** What was asked for, where the command is only how it is done: for `mayfly ps` and the report, a word each. Default: the command. */
  readonly asked?: readonly string[] | undefined;
  /** What is found by; asked for when the task has ended, and before it begins where the policy has `onFinding`. Default: none. */
  readonly rules?: (() => Promise<readonly Rule[]>) | undefined;
  /** Makes the report when the micro-VM is gone. Default: none is made. */
  readonly reporting?: Reporting | undefined;
  /** Ends the task; its outcome is then `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Asks the command to end, by its signals; results come back then. */
  readonly ending?: AbortSignal | undefined;
  /** Who takes what the task leaves, while its machine is still there, instead of `out`. */
  readonly taker?: (() => OutputTaker) | undefined;
  /** Told of the machine, and then of the inputs, before the command starts. */
  readonly onMachine?: ((machine: TaskMachine) => void) | undefined;
  readonly onInputs?: ((inputs: readonly InputFact[]) => void) | undefined;
  /** Told before the command starts of what may be looked at while it runs. */
  readonly onLive?: ((task: LiveTask) => void) | undefined;
  /** Told of what the task does, as its guest says, while it runs. */
  readonly onWitness?: ((event: WitnessEvent) => void) | undefined;
}

/**
 * The life of a task from top to bottom: request → policy → microvisor → task → report → disposal. (Engine and channel
 * are below the microvisor.) Always comes to a result: whatever happened, every step of disposal has run and is in it.
 */
export async function runTask(request: TaskRequest, host: TaskHost): Promise<TaskResult> {
  const { microvisor, signal } = host;
  const profile = request.profile ?? "base";
  const recorder = new Recorder(profile);
  const scope = new Scope();
  let task: AdmittedTask | undefined;
  try {
    // Policy: all that the task may touch. What is missing is told before a machine is made.
    task = admit(request, await microvisor.profileDefaults(profile));
    const inputs = await openInputs(task.inputs, task.limits.memory);
    scope.defer("inputs", async () => await closeInputs(inputs));
    const stop = await FindingStop.open(task.onFinding, host.rules);
    const network = await TaskNetwork.open(task.network, stop.watching(host.network ?? {}));
    scope.defer("streams", async () => {
      const lost = await network.close().then(() => undefined, asMayflyError);
      const record = await network.record();
      recorder.network(record);
      if (lost !== undefined) recorder.lost(lost); // of what was to be written; the streams are gone all the same
      return `${record.streams.length + record.omitted} asked for, none is open`;
    });
    const out = task.out === undefined ? undefined : await prepareOutputDirectory(task.out);

    // Microvisor: a fork of its own, with an identity of its own.
    signal?.throwIfAborted();
    const { vm, programHash, ...facts } = await microvisor.fork(profile, {
      ...task,
      label: (host.asked ?? task.command).join(" "),
    });
    scope.nest(async () => await vm.dispose());
    const examination = { recorder, stop, task, microvisor, signal };
    scope.nest(async () => await examine(vm, examination));
    recorder.machine({ id: vm.id, ...facts });
    const claimDirectory = (inside: string): string => vm.claimDirectory(inside);
    host.onMachine?.({ id: vm.id, claimDirectory, isolation: facts.isolation, agent: vm.agent });
    host.onLive?.(liveTask(vm, network, facts));

    // Task: inputs and limits go in, the command runs, results come out.
    const onStarted = (): void => {
      if (host.reporting !== undefined) void loadReporting(host.rules);
    };
    const execution = { ...host, task, inputs, network, recorder, programHash, stop, onStarted };
    recorder.outcome(await execute(vm, execution));
    await judge(vm, examination);
    if (recorder.ended("exited", "signalled")) await collect(vm, { ...host, recorder, task, out });
  } catch (cause) {
    recorder.failure(cause);
  }
  // Disposal: every step, last-in first-out; then the report.
  const result = recorder.build(await scope.close());
  return host.reporting === undefined
    ? result
    : await report({ ...host, result, recorder, task }, host.reporting);
}
