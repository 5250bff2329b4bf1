export { hostCpu } from "./host-cpu.ts";
export { cgroupHost, jailUid, makeCgroups, planCgroups, type CgroupLimits } from "./jail/index.ts";
export type {
  Accelerator,
  BootMedia,
  DiskUsage,
  Engine,
  EngineFacts,
  GuestMemory,
  LoadRequest,
  Machine,
  MachineEnd,
  MachineShape,
  MachineUsage,
  StartRequest,
} from "./machine.ts";
export { acceleratorOf, usageOf } from "./qemu/process-usage.ts";
export { QemuEngine } from "./qemu/qemu-engine.ts";
