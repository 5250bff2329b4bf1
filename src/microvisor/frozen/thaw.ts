import { chmodSync, chownSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { jailUid } from "../../engine/index.ts";
import { MayflyError, makeStoreDirectory, newVmId } from "../../foundation/index.ts";
import { readImage } from "../../image/index.ts";
import { newOwnedName, runTool } from "../../process/index.ts";
import type { Host } from "../host.ts";
import { newIdentity } from "../identity.ts";
import { MicroVm } from "../micro-vm.ts";
import { requireSpace } from "./freeze.ts";
import { frozenStore, type FrozenVm } from "./frozen-files.ts";

const AGENT_DEADLINE_MS = 30_000;
const COPY_DEADLINE_MS = 600_000;

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
      const state = readFileSync(frozen.state);
      const own = await ownRam(host, frozen, jailUid(id));
      try {
        const { shape } = frozen;
        return await host.engine.load({ id, shape, root, ram: own.ram, state, cgroups });
      } finally {
        own.forget(); // it is mapped by now
      }
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

/**
 * Where we are root QEMU is another user, who may not read what is kept; that stays as it is, so it gets a copy.
 * @throws E_DISK_FULL, E_TEMPLATE, E_STORE_UNWRITABLE
 */
async function ownRam(
  host: Host,
  frozen: FrozenVm,
  uid: number,
): Promise<{ readonly ram: string; readonly forget: () => void }> {
  if (uid === process.getuid?.()) return { ram: frozen.ram, forget: () => undefined };
  const place = frozenStore(host.store);
  requireSpace(place, frozen.bytes);
  const directory = join(place, newOwnedName());
  const forget = (): void => {
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    makeStoreDirectory(directory);
    chmodSync(directory, 0o711);
    const ram = join(directory, "ram");
    const copy = ["cp", "--sparse=always", "--reflink=auto", "--preserve=mode", "--", frozen.ram, ram];
    await runTool(copy, { timeoutMs: COPY_DEADLINE_MS, failure: "E_TEMPLATE", signal: host.signal });
    chownSync(ram, uid, uid);
    return { ram, forget };
  } catch (cause) {
    forget();
    throw cause;
  }
}

function gone(why: string): MayflyError {
  return new MayflyError("E_TEMPLATE", `This micro-VM ${why}, so it cannot run again`, {
    next: "Its memory can still be had: mayfly inspect ID --memory FILE.",
  });
}
