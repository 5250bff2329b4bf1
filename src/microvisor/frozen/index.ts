export { findFrozen, listFrozen, removeFrozen, sweepFrozen, type FrozenVm } from "./frozen-files.ts";
export { freezeVm } from "./freeze.ts";
export { thaw } from "./thaw.ts";
