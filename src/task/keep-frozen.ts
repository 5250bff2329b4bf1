import { asMayflyError } from "../foundation/index.ts";
import type { MicroVm, Microvisor } from "../microvisor/index.ts";
import type { AdmittedTask } from "../policy/index.ts";
import type { Recorder } from "../report/index.ts";

interface Stopped {
  readonly vm: MicroVm;
  readonly task: AdmittedTask;
  readonly recorder: Recorder;
}

/** Keeps the micro-VM for `mayfly inspect` where it was ended for a finding and the policy says so. What goes wrong is a warning. */
export async function keepFrozen(microvisor: Microvisor, { vm, task, recorder }: Stopped): Promise<void> {
  const { stoppedFor } = recorder;
  if (stoppedFor === undefined || task.onFinding?.do !== "freeze") return;
  try {
    recorder.frozen(await microvisor.freeze(vm, `${stoppedFor.severity}: ${stoppedFor.text}`));
  } catch (cause) {
    recorder.warn(`the micro-VM could not be kept frozen: ${asMayflyError(cause).message}`);
  }
}
