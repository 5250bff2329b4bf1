import type { Readable } from "node:stream";
import type { GuestEntry } from "../channel/index.ts";
import type { IsolationFact, MemoryRecord, NetworkRecord } from "../contract/index.ts";
import { openUntrusted } from "../foundation/index.ts";
import type { MicroVm } from "../microvisor/index.ts";
import { GUEST_OUT } from "./outputs.ts";
import type { TaskNetwork } from "./network.ts";

/** What may be seen of a task while it runs. Of no more use when it has ended. */
export interface LiveTask {
  /** Of its micro-VM, and of its report. */
  readonly id: string;
  readonly isolation: IsolationFact;
  readonly origin: "standby" | "fork";
  /** What its programs asked of the network so far. */
  network(): Promise<NetworkRecord>;
  /**
   * Compares its memory with its template's, for which it stands still; one that stands still already has been compared.
   * Never rejects: one that is gone is `unchecked`.
   */
  checkMemory(): Promise<MemoryRecord>;
  /** What is in its `/out` now. Names are untrusted. @throws E_FILE_IN_GUEST, E_CLOSED */
  files(): Promise<readonly GuestEntry[]>;
  /** The content of one of those that were listed just before, untrusted; undefined where it was not among them. */
  openFile(path: string): Promise<Readable | undefined>;
}

const MOST_LISTED = { maxEntries: 2_000, maxDepth: 16 };

export function liveTask(
  vm: MicroVm,
  network: TaskNetwork,
  { isolation, origin }: Pick<LiveTask, "isolation" | "origin">,
): LiveTask {
  const files = async (): Promise<readonly GuestEntry[]> =>
    await vm.watched(vm.agent.list(GUEST_OUT, MOST_LISTED));
  return {
    id: vm.id,
    isolation,
    origin,
    network: async () => await network.record(),
    checkMemory: async () => await vm.observation.check("continue"),
    files,
    async openFile(path) {
      const found = (await files()).find(
        (entry) => openUntrusted(entry.path) === path && entry.kind === "file",
      );
      return found === undefined ? undefined : vm.agent.get(`${GUEST_OUT}/${path}`);
    },
  };
}
