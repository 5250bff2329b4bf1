import { chmodSync, chownSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostCpu, jailUid, type MachineShape } from "../engine/index.ts";
import { MayflyError, errnoOf, isMayflyError, newVmId, sleep, type VmId } from "../foundation/index.ts";
import type { Image } from "../image/index.ts";
import { withLock } from "../process/index.ts";
import { bootMachine } from "./boot.ts";
import type { Host } from "./host.ts";
import {
  RAM_FILE, STATE_FILE, hashFile, listTemplates, lookOf, readTemplate, removeTemplateFiles, sha256, writeManifest, type Template,
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
  const found = await readOrDiscard(host, directory);
  if (found !== undefined) return found;
  const onWait = (): void => { host.progress({ step: `Waiting for another Mayfly that makes the template ${image.name}` }); };
  return await withLock(join(templateStore(host), `${image.name}-${key}.lock`), { onWait }, async () => {
    const meanwhile = await readOrDiscard(host, directory);
    if (meanwhile !== undefined) return meanwhile;
    await make(host, { image, shape, directory, key, made });
    const template = await readTemplate(directory);
    if (template === undefined) throw new MayflyError("E_TEMPLATE", `The template ${directory} vanished while it was made`);
    discardSuperseded(host, template);
    return template;
  });
}

/** All that a template depends on. */
async function ingredients(host: Host, image: Image, shape: MachineShape): Promise<Record<string, string>> {
  const { accelerator, memory, vcpus, tbSize } = shape;
  const { key } = await host.engine.facts();
  return {
    mayfly: host.version, image: image.key, engine: key, cpu: hostCpu().key,
    accelerator, memory: String(memory), vcpus: String(vcpus), tbSize: String(tbSize),
  };
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
  const staging = join(templateStore(host), `tmp-${id}`);
  try {
    discardAbandoned(host);
    mkdirSync(staging, { mode: 0o755 });
    const uid = jailUid(id);
    if (uid !== process.getuid?.()) chownSync(staging, uid, uid);
    const state = await bootAndFreeze(host, { id, image, shape, staging });
    host.progress({ step: `Sealing the template ${image.name}` });
    await seal(staging, state, request);
    renameSync(staging, directory);
  } catch (cause) {
    removeTemplateFiles(staging);
    if (errnoOf(cause) === "ENOSPC") {
      throw new MayflyError("E_DISK_FULL", `No space left for a template in ${templateStore(host)}`, {
        cause, next: "Free some space, or set MAYFLY_HOME to a directory that has it.",
      });
    }
    throw cause;
  }
}

interface FreezeRequest {
  readonly id: VmId;
  readonly image: Image;
  readonly shape: MachineShape;
  readonly staging: string;
}

async function bootAndFreeze(host: Host, { id, image, shape, staging }: FreezeRequest): Promise<Uint8Array> {
  host.progress({ step: `Booting ${image.name} once` });
  const vm = await bootMachine(host, {
    id, image, accelerator: shape.accelerator, size: shape, ramDirectory: staging, deadlineMs: BOOT_DEADLINE_MS, template: image.name,
  });
  try {
    host.progress({ step: `Warming ${image.name} up` });
    for (const command of image.profile.warmUp) await warmUp(vm, command);
    await sleep(SETTLE_MS);
    return await vm.machine.freeze();
  } finally {
    await vm.dispose();
  }
}

async function seal(staging: string, state: Uint8Array, { image, shape, key, made }: MakeRequest): Promise<void> {
  const ram = join(staging, RAM_FILE);
  const own = process.getuid?.() ?? 0;
  if (own === 0) for (const path of [staging, ram]) chownSync(path, 0, 0);
  chmodSync(ram, 0o444);
  writeFileSync(join(staging, STATE_FILE), state, { mode: 0o444 });
  writeManifest(staging, {
    format: 1, key, profile: image.name, image: image.key, shape, made, madeAt: new Date().toISOString(),
    ram: { sha256: await hashFile(ram), size: statSync(ram).size, seen: lookOf(ram) },
    state: { sha256: sha256(state), size: state.length },
  });
}

/** Staging directories whose maker is gone. */
function discardAbandoned(host: Host): void {
  const store = templateStore(host);
  for (const name of readdirSync(store)) {
    const id = /^tmp-(m[0-9a-z]{12})$/.exec(name)?.[1] as VmId | undefined;
    if (id !== undefined && !host.ledger.has(id)) removeTemplateFiles(join(store, name));
  }
}

/** Removes templates that the new one replaces, unless forks live on them. */
function discardSuperseded(host: Host, fresh: Template): void {
  const inUse = new Set(host.ledger.list().map((entry) => entry.template));
  const same = JSON.stringify(fresh.manifest.shape);
  for (const directory of listTemplates(templateStore(host))) {
    const name = directory.slice(directory.lastIndexOf("/") + 1);
    if (directory === fresh.directory || inUse.has(name) || !name.startsWith(`${fresh.manifest.profile}-`)) continue;
    void readTemplate(directory).then(
      (old) => { if (old === undefined || JSON.stringify(old.manifest.shape) === same) removeTemplateFiles(directory); },
      () => { removeTemplateFiles(directory); },
    );
  }
}
