import { Ledger } from "../dist/disposal/index.js";
import { runDirectory } from "../dist/foundation/index.js";

/** QEMU's process of a micro-VM. */
export function ledgerPid(id) {
  return entry(id).processes[0].pid;
}

/** All processes of a micro-VM: QEMU and its jail. */
export function ledgerPids(id) {
  return entry(id).processes.map(({ pid }) => pid);
}

function entry(id) {
  const found = new Ledger(runDirectory()).list().find((each) => each.id === id);
  if (found === undefined) throw new Error(`${id} is not in the ledger`);
  return found;
}
