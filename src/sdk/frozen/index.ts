import { constants } from "node:fs";
import { copyFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { WitnessEvent } from "../../contract/index.ts";
import { attempt } from "../../foundation/index.ts";
import { findFrozen, listFrozen, removeFrozen, thaw, type FrozenVm } from "../../microvisor/index.ts";
import { openHost } from "../installation.ts";
import { Reports } from "../reports.ts";
import { zipDropped, type DroppedFiles } from "./dropped-files.ts";
import { writeFailure } from "./write-failure.ts";

export type { DroppedFile, DroppedFiles } from "./dropped-files.ts";
export type { FrozenVm } from "../../microvisor/index.ts";

interface FrozenOptions {
  /** The store; default as for `Mayfly.open`. */
  readonly home?: string | undefined;
  /** Where reports live; default as for `Reports`. */
  readonly state?: string | undefined;
}

/** The micro-VMs that a policy had kept at a finding, for looking into them. */
export class FrozenVms {
  readonly #options: FrozenOptions;

  constructor(options: FrozenOptions = {}) {
    this.#options = options;
  }

  /** Newest first. */
  list(): FrozenVm[] {
    return listFrozen(this.#store);
  }

  /** @param id its id, or the only beginning of one @throws E_UNKNOWN_TASK */
  get(id: string): FrozenVm {
    return findFrozen(this.#store, id);
  }

  /** @returns the id of what is gone @throws E_UNKNOWN_TASK */
  remove(id: string): string {
    const frozen = this.get(id);
    removeFrozen(frozen);
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
    const frozen = this.get(id);
    const vm = await thaw(
      openHost(this.#options.home, () => undefined, signal),
      frozen,
    );
    try {
      const wanted = { agent: vm.agent, events: this.#witnessed(frozen.id), signal };
      return await vm.watched(zipDropped(resolve(path), wanted));
    } finally {
      await vm.dispose();
    }
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
