import type { Accelerator, MachineShape } from "../engine/index.ts";
import type { VmId } from "../foundation/index.ts";
import type { Image } from "../image/index.ts";
import { newIdentity } from "./identity.ts";
import type { Host } from "./host.ts";
import { MicroVm } from "./micro-vm.ts";

interface BootRequest {
  readonly id: VmId;
  readonly image: Image;
  readonly accelerator: Accelerator;
  /** RAM and vCPUs where they differ from the profile's. */
  readonly size?: { readonly memory: number; readonly vcpus: number } | undefined;
  /** Where a template's RAM file goes; undefined for a machine that is not to be frozen. */
  readonly ramDirectory?: string | undefined;
  readonly template?: string;
  /** Milliseconds until the agent must have answered. */
  readonly deadlineMs: number;
}

/** Boots an image the slow way: for making a template, for trying an accelerator, and for comparison in `bench/`. */
export async function bootMachine(host: Host, request: BootRequest): Promise<MicroVm> {
  const { id, image, ramDirectory, deadlineMs, template = "" } = request;
  const shape = shapeOf(image, request.accelerator, request.size);
  const vm = await MicroVm.create({
    id,
    ledger: host.ledger,
    purpose: { kind: "template", profile: image.name, template, label: "boot" },
    cgroup: { memory: shape.memory, tbSize: shape.tbSize, cpus: undefined },
    make: async (cgroups) => {
      const media = { kernel: image.kernel, initramfs: image.initramfs, root: image.root };
      return await host.engine.start({ id, shape, media, ramDirectory, cgroups });
    },
  });
  try {
    await vm.identify(newIdentity(image.name), deadlineMs, host.signal);
    return vm;
  } catch (cause) {
    await vm.dispose();
    throw cause;
  }
}

export function shapeOf(
  image: Image,
  accelerator: Accelerator,
  size?: { memory: number; vcpus: number },
): MachineShape {
  const { memory, vcpus, tbSize } = image.profile;
  return { accelerator, memory: size?.memory ?? memory, vcpus: size?.vcpus ?? vcpus, tbSize };
}
