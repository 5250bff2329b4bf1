export { freezeVm, type Kept } from "./freeze.ts";
export { findFrozen, listFrozen, sweepFrozen, type FrozenVm } from "./frozen-files.ts";
export { FROZEN_BOUNDS, boundFrozen, holdFrozen, removeFrozen } from "./keep.ts";
export { thaw } from "./thaw.ts";
