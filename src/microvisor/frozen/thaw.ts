import { chownSync, readFileSync } from "node:fs";
import { jailUid } from "../../engine/index.ts";
import { MayflyError, newVmId } from "../../foundation/index.ts";
import { readImage } from "../../image/index.ts";
import type { Host } from "../host.ts";
import { newIdentity } from "../identity.ts";
import { MicroVm } from "../micro-vm.ts";
import type { FrozenVm } from "./frozen-files.ts";

const AGENT_DEADLINE_MS = 30_000;

/**
 * A copy of a frozen micro-VM that runs again, in a jail of its own and without a network, so that its files can be read.
 * Its agent ends the task's command as it greets a new host; what the task left in the background runs on. The frozen one
 * is not changed by anything that happens in the copy.
 * @throws E_TEMPLATE where its image or engine is not there any more, E_ENGINE_*, E_GUEST_*
 */
export async function thaw(host: Host, frozen: FrozenVm): Promise<MicroVm> {
  const root = await rootOf(frozen);
  const { key } = await host.engine.facts();
  if (key !== frozen.engine) throw gone("was frozen by another QEMU, or on another processor");
  const id = newVmId();
  const vm = await MicroVm.create({
    id,
    ledger: host.ledger,
    purpose: {
      kind: "task",
      profile: frozen.profile,
      template: frozen.directory,
      label: `frozen ${frozen.id}`,
    },
    cgroup: { memory: frozen.shape.memory, tbSize: frozen.shape.tbSize, cpus: undefined },
    make: async (cgroups) => {
      giveTo(jailUid(id), frozen.ram);
      const state = readFileSync(frozen.state);
      return await host.engine.load({ id, shape: frozen.shape, root, ram: frozen.ram, state, cgroups });
    },
  });
  try {
    const identified = vm.identify(newIdentity(frozen.profile), AGENT_DEADLINE_MS, host.signal);
    await Promise.all([vm.machine.continue(), identified]);
    return vm;
  } catch (cause) {
    await vm.dispose();
    throw cause;
  }
}

/** The very root file system that its kernel has mounted. */
async function rootOf({ image, root }: FrozenVm): Promise<string> {
  const found = await readImage(image).catch(() => undefined);
  if (found?.manifest.parts.root.sha256 !== root) throw gone("needs an image that was removed or built anew");
  return found.root;
}

/** Where we are root QEMU is another user. */
function giveTo(uid: number, file: string): void {
  if (uid !== process.getuid?.()) chownSync(file, uid, uid);
}

function gone(why: string): MayflyError {
  return new MayflyError("E_TEMPLATE", `This micro-VM ${why}, so it cannot run again`, {
    next: "Its memory can still be had: mayfly inspect ID --memory FILE.",
  });
}
