export { findFrozen, listFrozen, removeFrozen, type FrozenVm } from "./frozen-files.ts";
export { freezeVm } from "./freeze.ts";
export { thaw } from "./thaw.ts";
