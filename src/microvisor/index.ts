export { forgetFailedTrial, readAcceleratorChoice, type AcceleratorChoice } from "./accelerator.ts";
export { natureOfKvm, obstacleTo } from "./kvm-device.ts";
export { bootMachine } from "./boot.ts";
export type { Host } from "./host.ts";
export type { MicroVm } from "./micro-vm.ts";
export { Microvisor, type ForkOptions, type ReadyVm } from "./microvisor.ts";
export { listTemplates, readTemplate, removeTemplateFiles, type TemplateManifest } from "./template-files.ts";
export { templateStore } from "./template-maker.ts";
export {
  FROZEN_BOUNDS,
  boundFrozen,
  findFrozen,
  holdFrozen,
  listFrozen,
  removeFrozen,
  sweepFrozen,
  thaw,
  type FrozenVm,
  type Kept,
} from "./frozen/index.ts";
