export { Ledger, type LedgerEntry } from "./ledger.ts";
export {
  endProcessesOf,
  kill,
  processesIn,
  processesOf,
  removeCgroup,
  removeStaging,
  stagingPath,
  waitUntilGone,
} from "./remains.ts";
export { Scope, type Disposer } from "./scope.ts";
export { sweep } from "./sweep.ts";
