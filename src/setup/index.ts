export { checkSystem, missingPackages, type Requirement } from "./check-system.ts";
export { installPackages, type InstallOptions } from "./install-packages.ts";
