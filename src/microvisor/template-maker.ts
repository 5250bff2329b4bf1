import { chmodSync, chownSync, readdirSync, renameSync, statSync, statfsSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { basename, join } from "node:path";
import { hostCpu, jailUid, type MachineShape } from "../engine/index.ts";
import {
  MIB,
  MayflyError,
  inStore,
  isMayflyError,
  makeStoreDirectory,
  newVmId,
  sleep,
  storeFailure,
  type VmId,
} from "../foundation/index.ts";
import { hashFile, lookOf, type Image } from "../image/index.ts";
import { learnKernel, type KernelMap } from "../introspection/index.ts";
import { isAbandoned, newOwnedName, withLock } from "../process/index.ts";
import { bootMachine } from "./boot.ts";
import type { Host } from "./host.ts";
import {
  RAM_FILE,
  STATE_FILE,
  listTemplates,
  readTemplate,
  removeTemplateFiles,
  sha256,
  writeManifest,
  type Template,
} from "./template-files.ts";
import { warmUp } from "./warm-up.ts";

const BOOT_DEADLINE_MS = 120_000;
/** Lets the guest's kernel finish what it put off, so that forks do not each do it. */
const SETTLE_MS = 150;

export function templateStore(host: Host): string {
  return join(host.store, "templates");
}

/** The template of `image` in this shape: as found, or made now. A damaged one is made again, and `progress` says so. */
export async function ensureTemplate(host: Host, image: Image, shape: MachineShape): Promise<Template> {
  const made = await ingredients(host, image, shape);
  const key = sha256(JSON.stringify(made)).slice(0, 16);
  const directory = join(templateStore(host), `${image.name}-${key}`);
  return await inStore(
    host.store,
    async () =>
      (await readSound(directory)) ?? (await makeOnce(host, { image, shape, directory, key, made })),
  );
}

/** Under a lock, as two that find a template missing or damaged must not work on it at once. */
async function makeOnce(host: Host, request: MakeRequest): Promise<Template> {
  const { image, directory } = request;
  makeStoreDirectory(templateStore(host));
  const onWait = (): void => {
    host.progress({ step: `Waiting for another Mayfly that makes the template ${image.name}` });
  };
  return await withLock(
    join(templateStore(host), `${image.name}.lock`),
    { onWait, signal: host.signal },
    async () => {
      const meanwhile = await readOrDiscard(host, directory);
      if (meanwhile !== undefined) return meanwhile;
      await make(host, request);
      const template = await readTemplate(directory);
      if (template === undefined)
        throw new MayflyError("E_TEMPLATE", `The template ${directory} vanished while it was made`);
      await discardSuperseded(host, template);
      return template;
    },
  );
}

/** All that a template depends on. */
export async function ingredients(
  host: Host,
  image: Image,
  shape: MachineShape,
): Promise<Record<string, string>> {
  const { accelerator, memory, vcpus, tbSize } = shape;
  const { parts } = image.manifest;
  const { key } = await host.engine.facts();
  return {
    mayfly: host.version,
    format: "2",
    image: image.key,
    engine: key,
    cpu: hostCpu().key,
    // An image that is built again from the same sources may hold newer packages; the frozen guest knows the old ones.
    kernel: parts.kernel.sha256,
    initramfs: parts.initramfs.sha256,
    root: parts.root.sha256,
    accelerator,
    memory: String(memory),
    vcpus: String(vcpus),
    tbSize: String(tbSize),
    // What of the processor a guest sees under KVM, and which paravirtual features beside it, the host's kernel decides.
    ...(accelerator === "kvm" ? { hostKernel: release() } : {}),
  };
}

/** The template, if there is one and nothing is wrong with it. */
async function readSound(directory: string): Promise<Template | undefined> {
  try {
    return await readTemplate(directory);
  } catch (cause) {
    if (isMayflyError(cause, "E_TEMPLATE")) return undefined;
    throw cause;
  }
}

async function readOrDiscard(host: Host, directory: string): Promise<Template | undefined> {
  try {
    return await readTemplate(directory);
  } catch (cause) {
    if (!isMayflyError(cause, "E_TEMPLATE")) throw cause;
    host.progress({ step: "Making a damaged template again", detail: cause.message });
    removeTemplateFiles(directory);
    return undefined;
  }
}

interface MakeRequest {
  readonly image: Image;
  readonly shape: MachineShape;
  readonly directory: string;
  readonly key: string;
  readonly made: Record<string, string>;
}

/** Boot, warm up, freeze, in a directory beside the final one; only the rename makes it a template. */
async function make(host: Host, request: MakeRequest): Promise<void> {
  const { image, shape, directory } = request;
  const id = newVmId();
  const staging = join(templateStore(host), newOwnedName());
  try {
    discardAbandoned(templateStore(host));
    makeStoreDirectory(staging);
    const uid = jailUid(id);
    if (uid !== process.getuid?.()) chownSync(staging, uid, uid);
    const frozen = await bootAndFreeze(host, { id, image, shape, staging, directory });
    host.progress({ step: `Sealing the template ${image.name}` });
    await seal(staging, frozen, request);
    renameSync(staging, directory);
  } catch (cause) {
    throw isFull(templateStore(host))
      ? storeFailure(`a template in ${templateStore(host)}`, cause, "ENOSPC")
      : cause;
  } finally {
    removeTemplateFiles(staging);
  }
}

/** QEMU maps its RAM file, and dies of SIGBUS where the disk has no block for a page: all that is seen is that it died. */
function isFull(directory: string): boolean {
  const { bavail, bfree, bsize } = statfsSync(directory);
  return (process.getuid?.() === 0 ? bfree : bavail) * bsize < MIB;
}

interface FreezeRequest {
  readonly id: VmId;
  readonly image: Image;
  readonly shape: MachineShape;
  readonly staging: string;
  /** Where the template will be. */
  readonly directory: string;
}

/** What a template is besides its RAM file. */
interface Frozen {
  readonly state: Uint8Array;
  readonly kernel: KernelMap;
}

async function bootAndFreeze(
  host: Host,
  { id, image, shape, staging, directory }: FreezeRequest,
): Promise<Frozen> {
  host.progress({ step: `Booting ${image.name} once` });
  const vm = await bootMachine(host, {
    id,
    image,
    accelerator: shape.accelerator,
    size: shape,
    ramDirectory: staging,
    deadlineMs: BOOT_DEADLINE_MS,
    template: directory,
  });
  try {
    host.progress({ step: `Warming ${image.name} up` });
    for (const command of image.profile.warmUp) await warmUp(vm, command, host.signal);
    const kernel = await learnKernel(vm.agent);
    await sleep(SETTLE_MS);
    return { kernel, state: await vm.machine.freeze() };
  } finally {
    await vm.dispose();
  }
}

async function seal(
  staging: string,
  { state, kernel }: Frozen,
  { image, shape, key, made }: MakeRequest,
): Promise<void> {
  const ram = join(staging, RAM_FILE);
  const own = process.getuid?.() ?? 0;
  if (own === 0) for (const path of [staging, ram]) chownSync(path, 0, 0);
  chmodSync(ram, 0o444);
  writeFileSync(join(staging, STATE_FILE), state, { mode: 0o444 });
  writeManifest(staging, {
    format: 2,
    key,
    profile: image.name,
    image: image.key,
    shape,
    made,
    madeAt: new Date().toISOString(),
    ram: { sha256: await hashFile(ram), size: statSync(ram).size, seen: lookOf(ram) },
    state: { sha256: sha256(state), size: state.length },
    kernel,
  });
}

/** Staging directories whose maker is gone. */
function discardAbandoned(store: string): void {
  for (const name of readdirSync(store)) if (isAbandoned(name)) removeTemplateFiles(join(store, name));
}

/** Removes templates that the new one replaces, unless forks live on them. */
async function discardSuperseded(host: Host, fresh: Template): Promise<void> {
  const inUse = new Set(host.ledger.list().map((entry) => entry.template));
  for (const directory of listTemplates(templateStore(host))) {
    const profile = basename(directory).replace(/-[0-9a-f]{16}$/, "");
    if (directory === fresh.directory || inUse.has(directory) || profile !== fresh.manifest.profile) continue;
    if (await isReplaced(directory, fresh)) removeTemplateFiles(directory);
  }
}

async function isReplaced(directory: string, fresh: Template): Promise<boolean> {
  try {
    const old = await readTemplate(directory);
    return old === undefined || JSON.stringify(old.manifest.shape) === JSON.stringify(fresh.manifest.shape);
  } catch (cause) {
    if (isMayflyError(cause, "E_TEMPLATE")) return true;
    throw cause;
  }
}
