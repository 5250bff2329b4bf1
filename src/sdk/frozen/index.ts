import { constants } from "node:fs";
import { copyFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { WitnessEvent } from "../../contract/index.ts";
import { attempt } from "../../foundation/index.ts";
import { imagePlace } from "../../image/index.ts";
import {
  FROZEN_BOUNDS,
  Microvisor,
  findFrozen,
  holdFrozen,
  listFrozen,
  removeFrozen,
  thaw,
  type FrozenVm,
  type MicroVm,
  type ReadyVm,
} from "../../microvisor/index.ts";
import { admitLimits } from "../../policy/index.ts";
import { openHost } from "../installation.ts";
import { Reports } from "../reports.ts";
import { diskChanges, type DiskChanges } from "./disk-changes.ts";
import { zipDropped, type DroppedFiles } from "./dropped-files.ts";
import { writeFailure } from "./write-failure.ts";

export type { DiskChange, DiskChanges } from "./disk-changes.ts";
export type { DroppedFile, DroppedFiles } from "./dropped-files.ts";
export type { FrozenVm } from "../../microvisor/index.ts";

/** How long one who looks waits for another. */
const PATIENCE_MS = 10 * 60_000;

interface FrozenOptions {
  /** The store; default as for `Mayfly.open`. */
  readonly home?: string | undefined;
  /** Where reports live; default as for `Reports`. */
  readonly state?: string | undefined;
  /** How many files `saveFiles` takes at most; default 10,000. */
  readonly mostFiles?: number | undefined;
}

/** The micro-VMs that a policy had kept at a finding, for looking into them. */
export class FrozenVms {
  readonly #options: FrozenOptions;

  constructor(options: FrozenOptions = {}) {
    this.#options = options;
  }

  /** How many are kept, and for how many days: the oldest go when a new one comes, and when Mayfly starts. */
  static readonly bounds: { readonly most: number; readonly days: number } = FROZEN_BOUNDS;

  /** Newest first. */
  list(): FrozenVm[] {
    return listFrozen(this.#store);
  }

  /** @param id its id, or the only beginning of one @throws E_UNKNOWN_TASK */
  get(id: string): FrozenVm {
    return findFrozen(this.#store, id);
  }

  /** @returns the id of what is gone @throws E_UNKNOWN_TASK, E_LOCKED where somebody looks into it */
  async remove(id: string): Promise<string> {
    const frozen = this.get(id);
    await removeFrozen({ store: this.#store, id: frozen.id });
    return frozen.id;
  }

  /**
   * Copies its memory to a new file: guest-physical, from address 0.
   * @throws E_UNKNOWN_TASK, E_OUTPUT_EXISTS, E_OUTPUT_WRITE, E_DISK_FULL
   */
  async saveMemory(id: string, path: string): Promise<void> {
    try {
      await copyFile(this.get(id).ram, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    } catch (cause) {
      throw writeFailure(path, cause);
    }
  }

  /**
   * Puts the files that the task left into a new zip archive, encrypted with the password `infected`. For this a copy of the
   * machine runs again, in a jail of its own and without a network, and is destroyed.
   * @throws E_UNKNOWN_TASK, E_TEMPLATE, E_OUTPUT_EXISTS, E_OUTPUT_WRITE, E_DISK_FULL, E_ENGINE_*, E_GUEST_*
   */
  async saveFiles(id: string, path: string, signal?: AbortSignal): Promise<DroppedFiles> {
    return await this.#thawed(id, signal, async (vm, frozen) => {
      const { mostFiles } = this.#options;
      const wanted = { agent: vm.agent, events: this.#witnessed(frozen.id), signal, mostFiles };
      return await vm.watched(zipDropped(resolve(path), wanted));
    });
  }

  /**
   * What the task changed on its disk against the template, as a copy of the machine tells, which runs again for this as
   * for `saveFiles`. Untrusted: the guest may lie.
   * @throws E_UNKNOWN_TASK, E_TEMPLATE, E_ENGINE_*, E_GUEST_*
   */
  async diskChanges(id: string, signal?: AbortSignal): Promise<DiskChanges> {
    return await this.#thawed(id, signal, async (vm, frozen) => {
      const fresh = await this.#freshFork(frozen, signal);
      try {
        return await vm.watched(diskChanges(vm.agent, fresh?.vm.agent, signal));
      } finally {
        await fresh?.vm.dispose();
      }
    });
  }

  async #thawed<T>(
    id: string,
    signal: AbortSignal | undefined,
    work: (vm: MicroVm, frozen: FrozenVm) => Promise<T>,
  ): Promise<T> {
    const look = async (frozen: FrozenVm): Promise<T> => {
      const vm = await thaw(
        openHost(this.#options.home, () => undefined, signal),
        frozen,
      );
      try {
        return await work(vm, frozen);
      } finally {
        await vm.dispose();
      }
    };
    const store = this.#store;
    return await holdFrozen({ store, id: this.get(id).id, signal, timeoutMs: PATIENCE_MS }, look);
  }

  /** One that nothing ran in yet; undefined where its image or template is another one now. */
  async #freshFork(frozen: FrozenVm, signal: AbortSignal | undefined): Promise<ReadyVm | undefined> {
    const host = openHost(this.#options.home, () => undefined, signal);
    const now = attempt(() => imagePlace(frozen.profile, host.store), "its profile may be gone");
    if (now !== frozen.image) return undefined; // nobody waits for one to be built
    const microvisor = new Microvisor(host);
    const { memory, vcpus } = frozen.shape;
    const limits = admitLimits({ memory, vcpus });
    return await microvisor.fork(frozen.profile, { limits, label: "to compare with", needsHardware: false });
  }

  get #store(): string {
    return openHost(this.#options.home, () => undefined).store;
  }

  #witnessed(id: string): readonly WitnessEvent[] {
    const { state } = this.#options;
    const signed = attempt(() => new Reports(state).get(id), "its report may be gone, or not be made yet");
    return signed?.report.witness.events ?? [];
  }
}
