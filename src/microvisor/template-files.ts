import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { MayflyError, attempt } from "../foundation/index.ts";
import { hashFile, lookOf } from "../image/index.ts";
import { KernelMap } from "../introspection/index.ts";

const Shape = v.object({
  accelerator: v.picklist(["kvm", "tcg"]),
  memory: v.number(),
  vcpus: v.number(),
  tbSize: v.number(),
});

const Manifest = v.object({
  format: v.literal(2),
  key: v.string(),
  profile: v.string(),
  image: v.string(),
  shape: Shape,
  /** Everything that made the key, for people. */
  made: v.record(v.string(), v.string()),
  madeAt: v.string(),
  ram: v.object({ sha256: v.string(), size: v.number(), seen: v.string() }),
  state: v.object({ sha256: v.string(), size: v.number() }),
  /** Where its kernel lies, learnt before it was frozen. */
  kernel: KernelMap,
});

export type TemplateManifest = v.InferOutput<typeof Manifest>;

/** A frozen machine on disk: never holds user data, never changes. */
export interface Template {
  readonly directory: string;
  readonly manifest: TemplateManifest;
  readonly ram: string;
  readonly state: Uint8Array;
}

export const RAM_FILE = "ram";
export const STATE_FILE = "state";
export const MANIFEST_FILE = "manifest.json";

/**
 * Reads a template. The state is hashed at every load (60 KiB), the RAM file only if its look has changed or with `full`.
 * @returns undefined where there is none
 * @throws E_TEMPLATE where it is damaged
 */
export async function readTemplate(directory: string, full = false): Promise<Template | undefined> {
  if (!existsSync(directory)) return undefined;
  const raw = attempt(
    () => JSON.parse(readFileSync(join(directory, MANIFEST_FILE), "utf8")) as unknown,
    "told below",
  );
  const parsed = v.safeParse(Manifest, raw);
  if (!parsed.success) throw damaged(directory, MANIFEST_FILE);
  const manifest = parsed.output;
  const state = attempt(() => readFileSync(join(directory, STATE_FILE)), "told below");
  if (state === undefined || sha256(state) !== manifest.state.sha256) throw damaged(directory, STATE_FILE);
  const ram = join(directory, RAM_FILE);
  const look = attempt(() => lookOf(ram), "told below");
  if (look === undefined) throw damaged(directory, RAM_FILE);
  if (full || look !== manifest.ram.seen) {
    if ((await hashFile(ram)) !== manifest.ram.sha256) throw damaged(directory, RAM_FILE);
    const checked = { ...manifest, ram: { ...manifest.ram, seen: look } };
    if (look !== manifest.ram.seen)
      attempt(() => {
        writeManifest(directory, checked);
      }, "a store that cannot be written is checked again next time");
    return { directory, manifest: checked, ram, state };
  }
  return { directory, manifest, ram, state };
}

/** Whether the files are still those that were read: the state in memory fits no other RAM file. */
export function isUnchanged({ ram, manifest }: Template): boolean {
  return attempt(() => lookOf(ram), "removed meanwhile") === manifest.ram.seen;
}

export function writeManifest(directory: string, manifest: TemplateManifest): void {
  const path = join(directory, MANIFEST_FILE);
  // Two that notice another look write at once: each its own file.
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(manifest, undefined, 2), { mode: 0o644 });
  renameSync(`${path}.${process.pid}`, path);
}

export function listTemplates(store: string): string[] {
  const names = attempt(() => readdirSync(store), "none yet") ?? [];
  return names.filter((name) => /^[a-z][a-z0-9-]*-[0-9a-f]{16}$/.test(name)).map((name) => join(store, name));
}

export function removeTemplateFiles(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

export function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

function damaged(directory: string, file: string): MayflyError {
  return new MayflyError("E_TEMPLATE", `The template file ${join(directory, file)} is damaged or missing`, {
    next: "Remove it with `mayfly templates rm`; it is made again at the next run.",
  });
}
