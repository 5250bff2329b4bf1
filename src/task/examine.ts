import type { DisposalStep } from "../contract/index.ts";
import { asMayflyError } from "../foundation/index.ts";
import type { MicroVm, Microvisor } from "../microvisor/index.ts";
import type { AdmittedTask } from "../policy/index.ts";
import type { Recorder } from "../report/index.ts";
import type { FindingStop } from "./finding-stop.ts";

export interface Examination {
  readonly recorder: Recorder;
  readonly stop: FindingStop;
  readonly task: AdmittedTask;
  readonly microvisor: Pick<Microvisor, "freeze">;
  /** Ends freezing. */
  readonly signal?: AbortSignal | undefined;
}

/** What is seen of a machine from outside before it goes: the last thing that is done with it. Leaves it paused, never rejects. */
export async function examine(vm: MicroVm, examination: Examination): Promise<readonly DisposalStep[]> {
  examination.recorder.observed({ resources: await vm.observation.resources() });
  await judgeMemory(vm, examination);
  return [];
}

/**
 * Does at once what the policy wants done at what the command's end shows, in memory too, before anything comes back.
 * The machine stands paused afterwards where it was looked at. Never rejects.
 */
export async function judge(vm: MicroVm, examination: Examination): Promise<void> {
  if (examination.stop.acts) await judgeMemory(vm, examination);
}

async function judgeMemory(vm: MicroVm, examination: Examination): Promise<void> {
  const { recorder, stop } = examination;
  const memory = await vm.observation.check("stay");
  if (memory !== recorder.evidence.memory) {
    recorder.observed({ memory });
    stop.memory(memory);
  }
  if (stop.found !== undefined) recorder.outcome(stop.found);
  await keepFrozen(vm, examination);
}

/** Keeps the micro-VM for `mayfly inspect` where it was ended for a finding and the policy says so. What goes wrong is a warning. */
async function keepFrozen(vm: MicroVm, { recorder, task, microvisor, signal }: Examination): Promise<void> {
  const { stoppedFor } = recorder;
  if (stoppedFor === undefined || task.onFinding?.do !== "freeze" || recorder.triedFreezing) return;
  try {
    const why = `${stoppedFor.severity}: ${stoppedFor.text}`;
    const { directory, removed } = await microvisor.freeze(vm, why, signal);
    recorder.frozen(directory);
    if (removed.length > 0)
      recorder.warn(
        `of frozen micro-VMs only so many are kept; the oldest were removed: ${removed.join(", ")}`,
      );
  } catch (cause) {
    recorder.frozen(undefined);
    recorder.warn(`the micro-VM could not be kept frozen: ${asMayflyError(cause).message}`);
  }
}
