import type { MicroVm } from "../microvisor/index.ts";
import type { AdmittedTask } from "../policy/index.ts";
import type { CollectedOutputs, Recorder } from "../report/index.ts";
import { OutputCollection } from "./outputs.ts";

export interface Collection {
  readonly recorder: Recorder;
  readonly task: AdmittedTask;
  /** Where results go; undefined: nowhere. */
  readonly out: string | undefined;
  /** Takes them instead. */
  readonly collect?: (() => Promise<CollectedOutputs>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Gets what a task left in `/out`, for whoever asked for it. What came out is told also where the rest did not. */
export async function collect(
  vm: MicroVm,
  { recorder, task, out, collect: take, signal }: Collection,
): Promise<void> {
  if (take === undefined && out === undefined) return;
  await vm.observation.resume();
  if (take !== undefined) recorder.outputs(await vm.watched(take()));
  else if (out !== undefined) {
    const staging = vm.claimDirectory(out);
    const collection = new OutputCollection(vm.agent, { ...task, directory: out, staging, signal });
    await vm.watched(collection.collect()).finally(() => {
      recorder.outputs(collection);
    });
  }
}
