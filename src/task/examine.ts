import type { DisposalStep } from "../contract/index.ts";
import type { MicroVm } from "../microvisor/index.ts";
import type { Recorder } from "../report/index.ts";

/** What is seen of a machine from outside before it goes: the last thing that is done with it. Leaves it paused, never rejects. */
export async function examine(vm: MicroVm, recorder: Recorder): Promise<readonly DisposalStep[]> {
  recorder.observed({ resources: vm.observation.resources() });
  recorder.observed({ memory: await vm.observation.check("stay") });
  return [];
}
