export { admit, admitLimits, admitNetwork, type AdmittedTask, type ProfileDefaults } from "./admit.ts";
export { DEFAULT_LIMITS } from "./defaults.ts";
