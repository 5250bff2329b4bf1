import type { MicroVm } from "../microvisor/index.ts";
import type { AdmittedTask } from "../policy/index.ts";
import type { CollectedOutputs, Recorder } from "../report/index.ts";
import { OutputCollection } from "./outputs.ts";

/** Takes what a task leaves. What it has taken is told also where the rest fails. */
export interface OutputTaker extends CollectedOutputs {
  collect(): Promise<void>;
}

export interface Collection {
  readonly recorder: Recorder;
  readonly task: AdmittedTask;
  /** Where results go; undefined: nowhere. */
  readonly out: string | undefined;
  /** Who takes them instead. */
  readonly taker?: (() => OutputTaker) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Gets what a task left in `/out`, for whoever asked for it. What came out is told also where the rest did not. */
export async function collect(
  vm: MicroVm,
  { recorder, task, out, taker, signal }: Collection,
): Promise<void> {
  if (taker === undefined && out === undefined) return;
  await vm.observation.resume();
  const taking =
    taker?.() ??
    new OutputCollection(vm.agent, {
      ...{ ...task, signal },
      ...{ directory: out ?? "", staging: vm.claimDirectory(out ?? "") },
    });
  await vm.watched(taking.collect()).finally(() => {
    recorder.outputs(taking);
  });
}
