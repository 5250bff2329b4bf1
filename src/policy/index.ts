export { admit, admitLimits, type AdmittedTask } from "./admit.ts";
export { DEFAULT_LIMITS } from "./defaults.ts";
