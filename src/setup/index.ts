export { checkSystem, type RequirementState, type SystemState } from "./check-system.ts";
export { installPackages, type InstallOptions } from "./install-packages.ts";
export type { Requirement } from "./programs.ts";
