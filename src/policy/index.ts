export { admit, admitLimits, type AdmittedTask, type ProfileDefaults } from "./admit.ts";
export { DEFAULT_LIMITS } from "./defaults.ts";
