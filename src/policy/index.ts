export { admit, admitLimits, networkOf, type AdmittedTask, type ProfileDefaults } from "./admit.ts";
// Here and not in network/ alone, as what is there takes long to load.
export { admitOnFinding } from "./network/on-finding.ts";
export { ruleName } from "./network/place.ts";
