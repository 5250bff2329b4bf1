import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { MayflyError, inStore, formatSize, makeStoreDirectory } from "../../foundation/index.ts";
import { newOwnedName, runTool } from "../../process/index.ts";
import type { Host } from "../host.ts";
import type { MicroVm } from "../micro-vm.ts";
import type { Template } from "../template-files.ts";
import { FROZEN, frozenStore, type FrozenManifest } from "./frozen-files.ts";
import { boundFrozen } from "./keep.ts";

const PAGE = 4096;
const MINUTE = 60_000;
/** Pages between two moments in which a signal can be heard: some 10 ms. */
const BREATH = 4096;

export interface FreezeRequest {
  readonly vm: MicroVm;
  readonly template: Template;
  readonly image: { readonly directory: string; readonly root: string };
  /** For people. */
  readonly why: string;
  /** Ends it, and nothing is kept. */
  readonly signal?: AbortSignal | undefined;
}

/** What is kept, and which older ones went for it. */
export interface Kept {
  readonly directory: string;
  /** Ids. */
  readonly removed: readonly string[];
}

/**
 * Keeps a micro-VM as it is now: its memory and the state of its devices, in the store. The machine stays paused and is to
 * be disposed of as any other; whoever looks into it later gets a copy. Only a whole one is ever found.
 * @throws E_DISK_FULL where there is less space than its memory may take, E_STORE_UNWRITABLE, E_ENGINE_DIED, and the
 *   reason of the signal
 */
export async function freezeVm(
  host: Host,
  { vm, template, image, why, signal }: FreezeRequest,
): Promise<Kept> {
  const place = frozenStore(host.store);
  const target = join(place, vm.id);
  const work = join(place, newOwnedName());
  return await inStore(host.store, async () => {
    try {
      makeStoreDirectory(place);
      requireSpace(place, template.manifest.shape.memory);
      makeStoreDirectory(work);
      chmodSync(work, 0o700); // the copy of the template's file is readable by all until it holds what is the guest's
      await vm.machine.pause();
      const ram = join(work, FROZEN.ram);
      // Sparse, and without a copy where the file system can share: most of it is the template's still.
      const copy = ["cp", "--sparse=always", "--reflink=auto", "--", template.ram, ram];
      await runTool(copy, { timeoutMs: 10 * MINUTE, failure: "E_TEMPLATE", signal });
      await writeChanges(vm, ram, signal);
      writeFileSync(join(work, FROZEN.state), await vm.machine.snapshot(), { mode: 0o600 });
      const { key } = await host.engine.facts();
      const manifest: FrozenManifest = {
        ...{ format: 1, id: vm.id, profile: template.manifest.profile, why, engine: key },
        ...{ image: image.directory, root: template.manifest.made["root"] ?? "" },
        shape: template.manifest.shape,
        frozenAt: new Date().toISOString(),
      };
      writeFileSync(join(work, FROZEN.manifest), JSON.stringify(manifest, undefined, 2), { mode: 0o600 });
      for (const file of Object.values(FROZEN)) flush(join(work, file));
      signal?.throwIfAborted();
      chmodSync(work, 0o711); // QEMU's user reaches what is its own in there
      renameSync(work, target);
      return { directory: target, removed: await boundFrozen(host.store) };
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
}

function flush(file: string): void {
  const descriptor = openSync(file, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function writeChanges(vm: MicroVm, file: string, signal: AbortSignal | undefined): Promise<void> {
  chmodSync(file, 0o600);
  const descriptor = openSync(file, "r+");
  try {
    using memory = vm.machine.memory();
    for (const [index, page] of memory.changedPages().entries()) {
      if (index % BREATH === 0) await setImmediate();
      signal?.throwIfAborted();
      writeSync(descriptor, memory.read(page * PAGE, PAGE), 0, PAGE, page * PAGE);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** @throws E_DISK_FULL */
export function requireSpace(place: string, needed: number): void {
  const { bavail, bsize } = statfsSync(place);
  if (bavail * bsize > needed) return;
  throw new MayflyError(
    "E_DISK_FULL",
    `This may take ${formatSize(needed)}; ${place} has ${formatSize(bavail * bsize)}`,
    { next: "Remove frozen ones that are of no more use (`mayfly inspect rm`), or make room." },
  );
}
