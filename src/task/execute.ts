import { constants } from "node:os";
import type { GuestProcess, GuestWitness, ProgramHash } from "../channel/index.ts";
import type { InputFact, Outcome, WitnessEvent } from "../contract/index.ts";
import { MayflyError, ignoring } from "../foundation/index.ts";
import type { MicroVm } from "../microvisor/index.ts";
import type { AdmittedTask } from "../policy/index.ts";
import type { Recorder } from "../report/index.ts";
import { deliverInputs } from "./inputs.ts";
import { connectStreams, type TaskIo } from "./io.ts";
import type { FindingStop } from "./finding-stop.ts";
import type { OpenInput } from "./open-input.ts";
import { MemoryWatch } from "./memory-watch.ts";
import type { TaskNetwork } from "./network.ts";
import { LimitWatch, taskMemory } from "./limits.ts";

/** How long a command may take to end when it is asked to. */
const END_PATIENCE_MS = 10_000;

interface Execution {
  readonly task: AdmittedTask;
  readonly inputs: readonly OpenInput[];
  readonly io: TaskIo;
  readonly network: TaskNetwork;
  readonly recorder: Recorder;
  readonly programHash: ProgramHash;
  /** Ends it at a finding, where the policy says so. */
  readonly stop: FindingStop;
  readonly signal?: AbortSignal | undefined;
  readonly ending?: AbortSignal | undefined;
  readonly onInputs?: ((inputs: readonly InputFact[]) => void) | undefined;
  readonly onWitness?: ((event: WitnessEvent) => void) | undefined;
  /** Told when the command has been asked for. */
  readonly onStarted: () => void;
}

/**
 * Puts everything of the task into its micro-VM, runs the command, and says how it ended. The first of these wins: the
 * command's end, a limit, the caller's signal, the machine's death.
 * @throws E_COMMAND_NOT_FOUND, E_COMMAND_NOT_EXECUTABLE, E_CANCELLED, E_GUEST_*, E_ENGINE_DIED, E_INPUT_CHANGED
 */
export async function execute(
  vm: MicroVm,
  { task, inputs, io, network, recorder, programHash, stop, signal, ending, ...told }: Execution,
): Promise<Outcome> {
  let witness: GuestWitness | undefined;
  let memory: MemoryWatch | undefined;
  const watch = new LimitWatch(task.limits);
  const cancelled = whenAborted(signal);
  let outcome: Outcome;
  try {
    outcome = await Promise.race([vm.watched(work()), watch.hit, stop.hit, cancelled.promise]);
  } finally {
    watch.end();
    cancelled.forget();
    await memory?.end();
    // The network is the command's: what still runs has none. What goes wrong with it is told by disposal, which asks again.
    await ignoring(network.close(), "the outcome is the command's");
    if (witness !== undefined) recorder.observed({ witness: await witness.finish() });
  }
  // The witness's last words come after the command's end: a deed just before it counts.
  return stop.found ?? outcome;

  function onEvent(event: WitnessEvent): void {
    stop.event(event);
    told.onWitness?.(event);
  }

  async function work(): Promise<Outcome> {
    const { limits, command, cwd, user, terminal } = task;
    const env = { ...(await network.attach(vm)), ...task.env };
    const bounded = vm.agent.limits({ memoryBytes: taskMemory(limits.memory), processes: limits.processes });
    if (inputs.length > 0) {
      const [facts] = await Promise.all([deliverInputs(vm, inputs), bounded]);
      recorder.inputs(facts);
      told.onInputs?.(facts);
    }
    watch.begin(vm.agent);
    // All that is told of the task counts from the same moment.
    for (const observer of [stop, network, vm.observation]) observer.begin();
    recorder.mark("begun");
    witness = vm.agent.witness({ programHash, onEvent });
    if (stop.acts)
      memory = new MemoryWatch(vm.observation, (seen) => {
        stop.memory(seen);
      });
    // Not waited for without inputs: the agent works in order, so the limits hold before the command starts.
    const guest = vm.agent.exec({ argv: command, env, cwd, user, pty: terminal });
    endWhenAsked(guest, ending);
    const flowing = connectStreams(
      guest,
      {
        ...io,
        onFirstByte: () => {
          recorder.mark("firstByte");
        },
      },
      watch,
    );
    told.onStarted();
    const [outcome] = await Promise.all([outcomeOf(guest, flowing), bounded]);
    return outcome;
  }
}

/** Asks politely first. */
function endWhenAsked(guest: GuestProcess, ending: AbortSignal | undefined): void {
  const end = (): void => {
    guest.signal(constants.signals.SIGTERM);
    const patience = setTimeout(() => {
      guest.signal(constants.signals.SIGKILL);
    }, END_PATIENCE_MS);
    void ignoring(
      guest.exit.finally(() => {
        clearTimeout(patience);
      }),
      "its end is told elsewhere",
    );
  };
  if (ending?.aborted === true) end();
  ending?.addEventListener("abort", end, { once: true });
}

/** A reader of ours that goes away ends the task, as a broken pipe would. */
async function outcomeOf(guest: GuestProcess, flowing: Promise<void>): Promise<Outcome> {
  const unread = flowing.then(
    async () => await guest.exit,
    (cause: unknown) => {
      throw brokenPipe(cause);
    },
  );
  const exit = await Promise.race([
    unread,
    guest.exit.then(async (ended) => {
      await flowing;
      return ended;
    }),
  ]);
  return exit.kind === "exited"
    ? { kind: "exited", code: exit.code }
    : { kind: "signalled", signal: exit.signal };
}

function brokenPipe(cause: unknown): MayflyError {
  if (cause instanceof MayflyError) return cause;
  return new MayflyError("E_CANCELLED", "The reader of the task's output went away", { cause });
}

function whenAborted(signal: AbortSignal | undefined): { promise: Promise<never>; forget: () => void } {
  let forget = (): void => undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    const tell = (): void => {
      reject(new MayflyError("E_CANCELLED", "The task was cancelled", { cause: signal?.reason }));
    };
    if (signal?.aborted === true) tell();
    signal?.addEventListener("abort", tell, { once: true });
    forget = () => signal?.removeEventListener("abort", tell);
  });
  promise.catch(() => undefined);
  return { promise, forget };
}
