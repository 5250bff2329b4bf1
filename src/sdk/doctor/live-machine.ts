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

/** For all that the guest is asked together. Doctor must come to an end with any guest, one that hangs included. */
const PROBE_DEADLINE_MS = 30_000;

export async function lookAtLive(ready: ReadyVm): Promise<LiveMachine> {
  const { vm } = ready;
  const [qemu] = vm.machine.processes;
  if (qemu === undefined)
    throw new MayflyError("E_JAIL", "QEMU's process is not known, so its jail cannot be looked at");
  const late = (): MayflyError =>
    new MayflyError("E_GUEST_SILENT", `The guest did not answer within ${PROBE_DEADLINE_MS / 1000} s`, {
      log: vm.machine.console.lines(),
    });
  return {
    id: vm.id,
    qemu: new ProcessFiles(qemu.pid),
    cgroups: planCgroups(vm.id),
    guest: await within(vm.watched(probe(vm.agent)), PROBE_DEADLINE_MS, { late }),
  };
}

async function probe(agent: AgentConnection): Promise<GuestFacts> {
  await agent.seal("/in"); // as for a task
  const argv = ["sh", "-c", GUEST_PROBE] as const;
  const guest = agent.exec({ argv, env: {}, cwd: "/home/user", user: "user" });
  guest.stdin.end();
  guest.stderr.resume();
  return parseGuestFacts(await text(guest.stdout));
}
