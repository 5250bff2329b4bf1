import { readFileSync } from "node:fs";
import { newVmId } from "../foundation/index.ts";
import type { Image } from "../image/index.ts";
import { KnownHeads } from "../introspection/index.ts";
import type { Host } from "./host.ts";
import { MicroVm } from "./micro-vm.ts";
import type { Template } from "./template-files.ts";

interface ForkRequest {
  readonly template: Template;
  readonly image: Pick<Image, "root" | "heads">;
  readonly kind: "task" | "standby";
  readonly label: string;
  /** Share of host CPUs in cores; undefined: as the vCPUs allow. */
  readonly cpus?: number | undefined;
}

/** A copy-on-write machine of the template, loaded and paused. Nothing of it runs yet. */
export async function forkTemplate(
  host: Host,
  { template, image, kind, label, cpus }: ForkRequest,
): Promise<MicroVm> {
  const id = newVmId();
  const { shape, profile } = template.manifest;
  return await MicroVm.create({
    id,
    ledger: host.ledger,
    purpose: {
      kind,
      label,
      profile,
      template: template.directory,
    },
    baseline: () => ({
      state: template.state,
      kernel: template.manifest.kernel,
      heads: new KnownHeads(readFileSync(image.heads)),
    }),
    cgroup: { memory: shape.memory, tbSize: shape.tbSize, cpus },
    make: async (cgroups) =>
      await host.engine.load({
        id,
        shape,
        root: image.root,
        ram: template.ram,
        state: template.state,
        cgroups,
      }),
  });
}
