import { text } from "node:stream/consumers";
import type { AgentConnection } from "../../channel/index.ts";
import { planCgroups } from "../../engine/index.ts";
import { MayflyError, within } from "../../foundation/index.ts";
import type { ReadyVm } from "../../microvisor/index.ts";
import { GUEST_PROBE, parseGuestFacts, type GuestFacts } from "./guest-checks.ts";
import { ProcessFiles } from "./process-files.ts";

/** What can be looked at of one running micro-VM. */
export interface LiveMachine {
  readonly id: string;
  readonly qemu: ProcessFiles;
  readonly cgroups: readonly string[];
  readonly guest: GuestFacts;
}

const PROBE_DEADLINE_MS = 30_000;

export async function lookAtLive(ready: ReadyVm): Promise<LiveMachine> {
  const { vm } = ready;
  const [qemu] = vm.machine.processes;
  if (qemu === undefined)
    throw new MayflyError("E_JAIL", "QEMU's process is not known, so its jail cannot be looked at");
  await vm.agent.seal("/in"); // as for a task
  return {
    id: vm.id,
    qemu: new ProcessFiles(qemu.pid),
    cgroups: planCgroups(vm.id),
    guest: await probe(vm.agent),
  };
}

async function probe(agent: AgentConnection): Promise<GuestFacts> {
  const argv = ["sh", "-c", GUEST_PROBE] as const;
  const guest = agent.exec({ argv, env: {}, cwd: "/home/user", user: "user" });
  guest.stdin.end();
  guest.stderr.resume();
  const late = (): MayflyError =>
    new MayflyError("E_GUEST_SILENT", `The guest did not answer within ${PROBE_DEADLINE_MS / 1000} s`);
  return parseGuestFacts(await within(text(guest.stdout), PROBE_DEADLINE_MS, { late }));
}
