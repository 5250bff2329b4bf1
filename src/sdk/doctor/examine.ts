import type { Progress } from "../../contract/index.ts";
import { asMayflyError, formatTime } from "../../foundation/index.ts";
import { Microvisor, forgetFailedTrial, readAcceleratorChoice, type Host } from "../../microvisor/index.ts";
import { admitLimits } from "../../policy/index.ts";
import { openHost } from "../installation.ts";
import { CGROUP_CHECKS } from "./cgroup-checks.ts";
import { perform, skip } from "./check.ts";
import type { Finding } from "./finding.ts";
import { GUEST_CHECKS } from "./guest-checks.ts";
import { JAIL_CHECKS } from "./jail-checks.ts";
import { lookAtLive, type LiveMachine } from "./live-machine.ts";
import { PACKAGES_CHECK } from "./packages-check.ts";
import { ProcessFiles } from "./process-files.ts";
import { processorFinding } from "./processor-check.ts";
import { SYSTEM_CHECKS } from "./system-checks.ts";
import { TRACE_CHECKS } from "./trace-checks.ts";

export interface ExamineOptions {
  readonly home?: string | undefined;
  /** Whose micro-VM is looked at; default `base`. */
  readonly profile?: string | undefined;
  /** Look only at what is there without making a micro-VM. */
  readonly quick?: boolean | undefined;
  readonly progress?: Progress | undefined;
}

export interface Examination {
  readonly findings: readonly Finding[];
  /** Whether everything that is required was seen to be on (with `quick`: is not known to be off). */
  readonly isReady: boolean;
}

const NOT_WITH_QUICK = "not looked at with --quick";

export async function examineLayers(options: ExamineOptions): Promise<Examination> {
  const { home, profile = "base", quick = false, progress = () => undefined } = options;
  const host = openHost(home, progress);
  const system = await perform("system", [PACKAGES_CHECK, ...SYSTEM_CHECKS], host);
  const broken = system.find(({ isRequired, state }) => isRequired && state === "off");
  const findings =
    quick || broken !== undefined
      ? await withoutMachine(
          host,
          system,
          quick ? NOT_WITH_QUICK : `not looked at: ${broken?.name ?? ""} is missing`,
        )
      : await withMachine(host, system, profile);
  const isMissing = ({ isRequired, state }: Finding): boolean =>
    isRequired && (state === "off" || (state === "unknown" && !quick));
  return { findings, isReady: !findings.some(isMissing) };
}

async function withMachine(host: Host, system: readonly Finding[], profile: string): Promise<Finding[]> {
  await using microvisor = new Microvisor(host);
  const from = performance.now();
  forgetFailedTrial(host);
  try {
    const limits = admitLimits({}, (await microvisor.profileDefaults(profile)).limits);
    await microvisor.prepare(profile, limits);
    const forkFrom = performance.now();
    const ready = await microvisor.fork(profile, { limits, label: "doctor", needsHardware: false });
    const forkMs = performance.now() - forkFrom;
    try {
      const live = await lookAtLive(ready);
      return [
        ...system,
        machineFinding("on", `${profile} forked in ${formatTime(forkMs)}`),
        processorFinding(ready.isolation),
        ...(await layersOf(live)),
      ];
    } finally {
      await ready.vm.dispose();
    }
  } catch (cause) {
    const { message, next } = asMayflyError(cause);
    const failed = machineFinding("off", `${message} (after ${formatTime(performance.now() - from)})`, next);
    return [...(await withoutMachine(host, system, "no micro-VM could be made")), failed];
  }
}

async function layersOf({ qemu, id, cgroups, guest }: LiveMachine): Promise<Finding[]> {
  return [
    ...(await perform("jail", JAIL_CHECKS, { qemu, self: new ProcessFiles("self") })),
    ...(await perform("jail", CGROUP_CHECKS, { qemu, id, cgroups })),
    ...(await perform("guest", GUEST_CHECKS, guest)),
    ...(await perform("traces", TRACE_CHECKS, { live: { qemu, cgroups }, proc: "/proc", sys: "/sys" })),
  ];
}

async function withoutMachine(host: Host, system: readonly Finding[], why: string): Promise<Finding[]> {
  const choice = readAcceleratorChoice(host);
  const kind = choice?.accelerator === "kvm" ? "hardware" : "emulated";
  return [
    ...system,
    processorFinding(
      choice === undefined ? undefined : { kind, accelerator: choice.accelerator, reason: choice.reason },
    ),
    ...skip("jail", JAIL_CHECKS, why),
    ...skip("jail", CGROUP_CHECKS, why),
    ...skip("guest", GUEST_CHECKS, why),
    ...(await perform("traces", TRACE_CHECKS, { live: undefined, proc: "/proc", sys: "/sys" })),
  ];
}

function machineFinding(state: "on" | "off", evidence: string, mend?: string): Finding {
  return { area: "system", name: "a micro-VM starts", state, isRequired: true, evidence, mend };
}
